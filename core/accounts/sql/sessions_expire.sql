-- Deletes sessions that ended longer ago than the retention. $1 retention, $2 limit. Gives the number of sessions.
WITH removed AS (
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at < now() - $1::interval ORDER BY expires_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM removed
