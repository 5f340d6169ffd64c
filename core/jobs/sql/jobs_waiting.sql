-- For each kind with due jobs: the kind, their number, and for how many seconds the oldest has been due.
-- $1: how many jobs are counted at most for each priority.
SELECT kind, count(*), extract(epoch FROM clock_timestamp() - min(run_at))::float8
FROM (VALUES (0), (1), (2)) AS level(priority)
CROSS JOIN LATERAL (
    SELECT j.kind, j.run_at FROM jobs j
    WHERE j.priority = level.priority AND j.failed_at IS NULL AND j.run_at <= now()
    ORDER BY j.run_at LIMIT $1
) waiting
GROUP BY kind
