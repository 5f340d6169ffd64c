-- Begins a session. $1 key, $2 user, $3 salt, $4 hash of the refresh token, $5 end of the refresh token.
INSERT INTO sessions (id, user_id, salt, token_hash, expires_at) VALUES ($1, $2, $3, $4, $5)
RETURNING id
