-- Adds a job for each row of a CTE, unless one with its key exists.
-- parameters: kind, arguments, unique_key, source
INSERT INTO jobs (kind, arguments, unique_key) SELECT {kind}, {arguments}, {unique_key} FROM {source}
ON CONFLICT (unique_key) DO NOTHING
