-- Makes waiting jobs due at once. $1 unique keys.
UPDATE jobs SET run_at = now() WHERE unique_key = ANY($1::text[]) AND lease IS NULL AND failed_at IS NULL RETURNING id
