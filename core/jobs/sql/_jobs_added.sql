-- Adds a job for each row of a CTE, unless one with its key exists.
-- parameters: kind, arguments, unique_key, cause, priority=1, run_at=now(), source
INSERT INTO jobs (kind, arguments, unique_key, cause, priority, run_at)
SELECT {kind}, {arguments}, {unique_key}, {cause}, {priority}, {run_at} FROM {source}
ON CONFLICT (unique_key) DO NOTHING
