-- Removes sessions that ended longer ago than a time. $1 that time, $2 at most so many.
WITH removed AS (
    DELETE FROM sessions WHERE id IN (
        SELECT id FROM sessions WHERE expires_at < now() - $1::interval ORDER BY expires_at LIMIT $2
        FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM removed
