-- Stores the same password as another hash, unless the password has been changed. A trigger, which ends the tokens of mails
-- when the password changes, ends none for the hash that is set here. $1 user, $2 hash, $3 new hash.
UPDATE users SET password = $3 WHERE id = $1 AND password = $2
RETURNING set_config('accounts.rehashed', $3, true)
