-- Begins an archive of a user's data, unless there is one; the user is locked already. $1 user. One row: the archive, and
-- whether it is new.
WITH created AS (
    INSERT INTO data_exports (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING RETURNING id
)
SELECT id, true FROM created UNION ALL SELECT id, false FROM data_exports WHERE user_id = $1
