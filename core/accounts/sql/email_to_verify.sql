-- The address that a user has not verified yet: the pending one, else an unverified present one. $1 user. No row if there is none.
SELECT coalesce(pending_email, email) FROM users WHERE id = $1 AND (pending_email IS NOT NULL OR NOT email_verified)
