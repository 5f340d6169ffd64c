-- Stores a new password; the user is locked already. $1 user, $2 its hash. No row if the user may not sign in.
UPDATE users SET password = $2 WHERE id = $1 AND is_active RETURNING id
