-- What is needed to check and change a password: its hash, username, display name and address. $1 user.
-- No row if the account has been deleted.
SELECT u.password, u.username, u.display_name, u.email FROM users u WHERE u.id = $1 AND {not_deleted user_id=u.id}
