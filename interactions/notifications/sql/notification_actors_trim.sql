-- Drops the oldest rows of actors of notifications that keep more than a number. $1 notifications, $2 the number.
-- A row for each actor who has none left: the notification, the actor.
WITH dropped AS (
    DELETE FROM notification_actors x
    USING unnest($1::bigint[]) AS k(id)
    CROSS JOIN LATERAL (
        SELECT id AS row_id FROM notification_actors WHERE notification_id = k.id ORDER BY id DESC OFFSET $2 LIMIT 1
    ) oldest
    WHERE x.notification_id = k.id AND x.id <= oldest.row_id
    RETURNING x.notification_id, x.actor_id, oldest.row_id
)
SELECT DISTINCT d.notification_id, d.actor_id FROM dropped d
WHERE NOT EXISTS (
    SELECT FROM notification_actors x WHERE x.notification_id = d.notification_id AND x.actor_id = d.actor_id AND x.id > d.row_id
)
