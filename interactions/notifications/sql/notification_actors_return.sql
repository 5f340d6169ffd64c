-- Gives rows to some actors without one, of notifications that have none, and removes those of which no actor exists any more.
-- $1 notifications, $2 how many rows each gets at most. A row for each notification that is removed: the key, the recipient.
WITH returned AS MATERIALIZED (
    SELECT n.id AS notification_id, n.recipient_id, n.thing_id, n.kind, x.part, x.actor_id
    FROM notifications n CROSS JOIN LATERAL (
        SELECT d.part, d.actor_id
        FROM (SELECT part, unnest(actors) AS actor_id FROM notification_dropped_actors WHERE notification_id = n.id OFFSET 0) d
        CROSS JOIN LATERAL (SELECT FROM users WHERE id = d.actor_id OFFSET 0) u
        LIMIT $2
    ) x
    WHERE n.id = ANY($1::bigint[])
), shortened AS (
    UPDATE notification_dropped_actors d
    SET actors = ARRAY(SELECT actor_id FROM unnest(d.actors) AS actor_id WHERE actor_id NOT IN (SELECT unnest(r.actors)))
    FROM (SELECT notification_id, part, array_agg(actor_id) AS actors FROM returned GROUP BY 1, 2) r
    WHERE d.notification_id = r.notification_id AND d.part = r.part
), added AS (
    INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
    SELECT notification_id, actor_id, recipient_id, thing_id, kind, 0 FROM returned
), counted AS (
    UPDATE notifications n SET dropped_count = n.dropped_count - r.actors
    FROM (SELECT notification_id, count(*)::int AS actors FROM returned GROUP BY notification_id) r WHERE n.id = r.notification_id
)
DELETE FROM notifications WHERE id = ANY($1::bigint[]) AND id NOT IN (SELECT notification_id FROM returned)
RETURNING id, recipient_id
