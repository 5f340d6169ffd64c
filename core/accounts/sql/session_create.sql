-- Begins a session of a person who may sign in. $1 key, $2 user, $3 salt, $4 hash of the refresh token, $5 its end.
-- Locks the user: who is suspended at this moment is so either before, and gets none, or after, when it is revoked.
INSERT INTO sessions (id, user_id, salt, token_hash, expires_at)
SELECT $1, id, $3, $4, $5 FROM users WHERE id = $2 AND is_active FOR SHARE
RETURNING id
