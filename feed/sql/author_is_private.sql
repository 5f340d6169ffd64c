-- A row if the user's account is private and not deleted. $1 user.
SELECT id FROM users WHERE id = $1 AND is_private AND {not_deleted user_id=id}
