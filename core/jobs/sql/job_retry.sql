-- Makes jobs that failed for good due at once, as if they had never run. $1 jobs.
UPDATE jobs SET failed_at = NULL, run_at = now(), attempts = 0, lost = 0
WHERE id = ANY($1::bigint[]) AND failed_at IS NOT NULL
RETURNING id
