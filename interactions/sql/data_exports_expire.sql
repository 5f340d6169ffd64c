-- Deletes archives that have expired, and marks those as failed that are not complete a day after they were begun. $1 limit of each.
-- Gives the number of deleted ones.
WITH failed AS (
    UPDATE data_exports SET state = 'FAILED', expires_at = now() + interval '1 day'
    WHERE id IN (
        SELECT id FROM data_exports WHERE state = 'PENDING' AND created_at < now() - interval '1 day' ORDER BY created_at LIMIT $1
        FOR UPDATE SKIP LOCKED
    )
), removed AS (
    DELETE FROM data_exports WHERE id IN (
        SELECT id FROM data_exports WHERE expires_at < now() ORDER BY expires_at LIMIT $1
    )
    RETURNING 1
)
SELECT count(*) FROM removed
