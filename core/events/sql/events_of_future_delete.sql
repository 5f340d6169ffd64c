-- Deletes events whose transaction number is ahead of this cluster: a dump made elsewhere was restored. $1 limit.
WITH removed AS (
    DELETE FROM events WHERE id IN (
        SELECT id FROM events WHERE transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY transaction, id LIMIT $1
    ) RETURNING 1
)
SELECT count(*) FROM removed
