-- Stores a new password, also of an account that is deleted and in its grace period; the user is locked already. $1 user, $2 its
-- hash. No address stays pending: who knew the old password may have named it. No row if the account is suspended or being erased.
UPDATE users u SET password = $2, pending_email = NULL WHERE u.id = $1 AND {sign_in_state} IN ('active', 'deleted') RETURNING u.id
