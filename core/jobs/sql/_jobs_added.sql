-- Adds a job for each row of a CTE, unless one with its key exists.
-- parameters: kind, arguments, unique_key, cause, source
INSERT INTO jobs (kind, arguments, unique_key, cause) SELECT {kind}, {arguments}, {unique_key}, {cause} FROM {source}
ON CONFLICT (unique_key) DO NOTHING
