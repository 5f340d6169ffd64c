-- Gives a session its next refresh token. $1 session, $2 hash of the token, $3 its life. Returns when it expires.
UPDATE sessions SET
    generation = generation + 1, token_hash = $2, expires_at = clock_timestamp() + $3::interval, rotated_at = clock_timestamp()
WHERE id = $1
RETURNING expires_at
