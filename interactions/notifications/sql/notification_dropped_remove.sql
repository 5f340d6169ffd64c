-- Removes actors without a row from notifications about things, and from their counts. $1 recipients, $2 things, $3 kinds, $4 actors,
-- $5 the notification with which to begin: a place for each. A row for each removed: the notification, the recipient, the actor.
WITH asked AS MATERIALIZED (
    SELECT * FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::bigint[], $5::text::bigint[])
        AS k(recipient_id, thing_id, kind, actor_id, since)
), found AS MATERIALIZED (
    SELECT n.id AS notification_id, n.recipient_id, x.id, x.actor_id
    FROM (SELECT DISTINCT recipient_id, thing_id, kind, since FROM asked) g
    CROSS JOIN LATERAL (
        SELECT id, recipient_id FROM notifications
        WHERE recipient_id = g.recipient_id AND thing_id = g.thing_id AND kind = g.kind AND id >= g.since AND dropped_count > 0
        OFFSET 0
    ) n
    CROSS JOIN LATERAL (
        SELECT d.id, u.actor_id FROM notification_dropped_actors d CROSS JOIN LATERAL unnest(d.actors) AS u(actor_id)
        WHERE d.notification_id = n.id OFFSET 0
    ) x
    WHERE (g.recipient_id, g.thing_id, g.kind, x.actor_id) IN (SELECT recipient_id, thing_id, kind, actor_id FROM asked)
), shortened AS (
    UPDATE notification_dropped_actors d
    SET actors = ARRAY(
        SELECT u.actor_id FROM unnest(d.actors) WITH ORDINALITY AS u(actor_id, place) WHERE u.actor_id <> ALL(f.actors) ORDER BY u.place
    )
    FROM (SELECT notification_id, id, array_agg(actor_id) AS actors FROM found GROUP BY notification_id, id) f
    WHERE d.notification_id = f.notification_id AND d.id = f.id
), counted AS (
    UPDATE notifications n SET actor_count = n.actor_count - f.actors, dropped_count = n.dropped_count - f.actors
    FROM (SELECT notification_id, count(*)::int AS actors FROM found GROUP BY notification_id) f WHERE n.id = f.notification_id
)
SELECT notification_id, recipient_id, actor_id FROM found
