-- Revokes sessions of a user; a trigger logs each. $1 user, $2 the session, or NULL for all. Gives the number of sessions.
WITH revoked AS (
    UPDATE sessions SET revoked_at = now()
    WHERE user_id = $1 AND revoked_at IS NULL AND id = coalesce($2, id)
    RETURNING id
)
SELECT count(*) FROM revoked
