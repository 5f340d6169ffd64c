-- Gives a session its next refresh token. $1 session, $2 hash of the token, $3 expiry.
UPDATE sessions SET generation = generation + 1, token_hash = $2, expires_at = $3, rotated_at = clock_timestamp() WHERE id = $1
RETURNING id
