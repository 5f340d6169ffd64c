-- Stores the same password as another hash, unless the password has been changed. $1 user, $2 hash, $3 new hash.
UPDATE users SET password = $3 WHERE id = $1 AND password = $2
RETURNING id
