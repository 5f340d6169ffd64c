-- Claims due jobs, those of the highest priority first, then those that have been due for longest. Of those that may
-- have ended a worker, one: the others would wait for it, and count as lost if this worker ended, though they never ran.
-- $1 kinds, $2 limit, $3 lease, $4 its length. One row for each: what JobClaim has.
WITH due AS MATERIALIZED (
    SELECT job.* FROM (VALUES (0), (1), (2)) AS level(priority)
    CROSS JOIN LATERAL (
        SELECT j.id, j.priority, j.run_at, j.lease, j.lost > 0 OR j.lease IS NOT NULL AS is_suspect FROM jobs j
        WHERE j.priority = level.priority AND j.run_at <= now() AND j.failed_at IS NULL AND j.kind = ANY($1::text[])
        ORDER BY j.run_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) job
    LIMIT $2
), ranked AS (
    SELECT due.*, row_number() OVER (PARTITION BY is_suspect ORDER BY priority, run_at) AS place FROM due
)
UPDATE jobs j SET
    run_at = now() + $4::interval, lease = $3, attempts = j.attempts + 1,
    -- A lease that was neither ended nor given up: its worker has ended, or lost the database.
    lost = j.lost + CASE WHEN ranked.lease IS NULL THEN 0 ELSE 1 END
FROM ranked WHERE j.id = ranked.id AND (NOT ranked.is_suspect OR ranked.place = 1)
RETURNING j.id, j.kind, j.arguments, j.lease, j.attempts, j.lost, j.cause
