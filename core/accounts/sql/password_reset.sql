-- Stores a new password, also of an account that is deleted and in its grace period; the user is locked already. $1 user, $2 its
-- hash. No row if the account is suspended or being erased.
UPDATE users u SET password = $2 WHERE u.id = $1 AND {sign_in_state} IN ('active', 'deleted') RETURNING u.id
