-- Adds a job, unless one with its key exists. $1 kind, $2 arguments as JSON, $3 priority, $4 delay in milliseconds, $5 key or
-- null, $6 id of the request or event that caused it, or null. One row with the key of the job if it was added.
INSERT INTO jobs (kind, arguments, priority, run_at, unique_key, cause)
VALUES ($1, $2::text::jsonb, $3, now() + $4::bigint * interval '1 millisecond', $5, $6)
ON CONFLICT (unique_key) DO NOTHING
RETURNING id
