-- Deletes some notifications of a user, with their actors. $1 user, $2 limit. Gives their number.
WITH deleted AS (
    DELETE FROM notifications WHERE id IN (SELECT id FROM notifications WHERE recipient_id = $1 LIMIT $2) RETURNING 1
)
SELECT count(*) FROM deleted
