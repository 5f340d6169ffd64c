-- Gives rows to the newest actors without one, those of the last list, of notifications that have none. Who does not exist any more is not
-- counted any more. $1 notifications, $2 how many rows.
WITH lists AS MATERIALIZED (
    SELECT n.*, d.id AS list, d.actors, greatest(cardinality(d.actors) - $2, 0) AS rest
    FROM notifications n CROSS JOIN LATERAL (
        SELECT id, actors FROM notification_dropped_actors
        WHERE notification_id = n.id AND cardinality(actors) > 0 ORDER BY id DESC LIMIT 1
    ) d
    WHERE n.id = ANY($1::bigint[])
), shortened AS (
    UPDATE notification_dropped_actors d SET actors = d.actors[:l.rest] FROM lists l WHERE d.notification_id = l.id AND d.id = l.list
), added AS (
    INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
    SELECT l.id, u.id, l.recipient_id, l.thing_id, l.kind, 0
    FROM lists l CROSS JOIN LATERAL unnest(l.actors[l.rest + 1:]) WITH ORDINALITY AS k(actor_id, place) JOIN users u ON u.id = k.actor_id
    ORDER BY k.place
    RETURNING notification_id
)
UPDATE notifications n
SET dropped_count = n.dropped_count - (cardinality(l.actors) - l.rest),
    actor_count = n.actor_count - (cardinality(l.actors) - l.rest) + (SELECT count(*) FROM added a WHERE a.notification_id = n.id)
FROM lists l WHERE n.id = l.id
