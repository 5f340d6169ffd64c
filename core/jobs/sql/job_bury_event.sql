-- Adds a job that has failed for good: an event that its consumer can't handle. $1 kind, $2 arguments as JSON, $3 reason.
INSERT INTO jobs (kind, arguments, failed_at, error) VALUES ($1, $2::text::jsonb, now(), $3)
