-- Gives rows to some actors without one, of notifications that have none. Who does not exist any more is not counted any more.
-- $1 notifications, $2 how many rows each gets at most.
WITH returned AS MATERIALIZED (
    SELECT k.id AS notification_id, x.part, x.actor_id
    FROM unnest($1::bigint[]) AS k(id) CROSS JOIN LATERAL (
        SELECT part, unnest(actors) AS actor_id FROM notification_dropped_actors WHERE notification_id = k.id LIMIT $2
    ) x
), shortened AS (
    UPDATE notification_dropped_actors d
    SET actors = ARRAY(SELECT actor_id FROM unnest(d.actors) AS actor_id WHERE actor_id NOT IN (SELECT unnest(r.actors)))
    FROM (SELECT notification_id, part, array_agg(actor_id) AS actors FROM returned GROUP BY 1, 2) r
    WHERE d.notification_id = r.notification_id AND d.part = r.part
), added AS (
    INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
    SELECT n.id, u.id, n.recipient_id, n.thing_id, n.kind, 0
    FROM returned r JOIN notifications n ON n.id = r.notification_id JOIN users u ON u.id = r.actor_id
    RETURNING notification_id
)
UPDATE notifications n
SET dropped_count = n.dropped_count - r.actors,
    actor_count = n.actor_count - r.actors + (SELECT count(*) FROM added a WHERE a.notification_id = n.id)
FROM (SELECT notification_id, count(*)::int AS actors FROM returned GROUP BY notification_id) r WHERE n.id = r.notification_id
