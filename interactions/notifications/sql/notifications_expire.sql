-- Removes some notifications that began before a key, the oldest first. $1 key, $2 limit. Gives their number.
WITH removed AS (
    DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE id < $1 ORDER BY id LIMIT $2) RETURNING 1
)
SELECT count(*) FROM removed
