-- Creates a session of a user who may sign in. $1 key, $2 user, $3 salt, $4 hash of the refresh token, $5 its life, $6 hash
-- of the password that was checked, $7 name of the device. Returns when the token expires.
-- Locks the user: a suspension or a new password at the same moment comes either before, and no session is made, or after,
-- and revokes it. Of sessions that begin at once each counts those before.
INSERT INTO sessions (id, user_id, salt, token_hash, expires_at, device_name)
SELECT $1, id, $3, $4, clock_timestamp() + $5::interval, $7 FROM users WHERE id = $2 AND is_active AND password = $6 FOR NO KEY UPDATE
RETURNING expires_at
