-- What only the user may read of the account; no row if it has been deleted. $1 user.
SELECT u.email, u.email_verified, u.pending_email, {user of=u} FROM users u WHERE u.id = $1 AND {not_deleted user_id=u.id}
