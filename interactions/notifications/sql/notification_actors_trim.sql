-- Drops the oldest rows of actors of notifications that keep more than a number; the actors stay counted. $1 notifications, $2 the number.
WITH dropped AS (
    DELETE FROM notification_actors x
    USING unnest($1::bigint[]) AS k(id)
    CROSS JOIN LATERAL (
        SELECT id AS row_id FROM notification_actors WHERE notification_id = k.id ORDER BY id DESC OFFSET $2 LIMIT 1
    ) oldest
    WHERE x.notification_id = k.id AND x.id <= oldest.row_id
    RETURNING x.notification_id, x.actor_id, oldest.row_id
)
UPDATE notifications n SET dropped_count = n.dropped_count + gone.actors
FROM (
    SELECT d.notification_id, count(DISTINCT d.actor_id)::int AS actors FROM dropped d
    WHERE NOT EXISTS (
        SELECT FROM notification_actors x WHERE x.notification_id = d.notification_id AND x.actor_id = d.actor_id AND x.id > d.row_id
    )
    GROUP BY d.notification_id
) gone
WHERE n.id = gone.notification_id
