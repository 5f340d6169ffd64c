-- Stores a new password, unless the password has been changed meanwhile. The user is locked already.
-- No address stays pending: who knew the old password may have named it.
-- $1 user, $2 the hash that was checked, $3 hash of the new password.
UPDATE users SET password = $3, pending_email = NULL WHERE id = $1 AND password = $2 AND is_active
RETURNING id
