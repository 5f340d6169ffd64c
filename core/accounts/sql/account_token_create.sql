-- Creates a token. $1 key, $2 user, $3 purpose, $4 hash, $5 address that it is mailed to, $6 lifetime.
INSERT INTO account_tokens (id, user_id, purpose, token_hash, email, expires_at) VALUES ($1, $2, $3, $4, $5, now() + $6::interval)
RETURNING id
