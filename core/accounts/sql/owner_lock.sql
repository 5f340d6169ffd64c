-- Locks a user whose password is still the one that was checked. $1 user, $2 hash of the password. No row if it has been changed.
SELECT id FROM users WHERE id = $1 AND password = $2 FOR NO KEY UPDATE
