-- Revokes sessions of a person; a trigger logs each. $1 person, $2 the session, or NULL for all; gives how many.
WITH gone AS (
    UPDATE sessions SET revoked_at = now()
    WHERE user_id = $1 AND revoked_at IS NULL AND id = coalesce($2, id)
    RETURNING id
)
SELECT count(*) FROM gone
