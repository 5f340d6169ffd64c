-- Removes actors without a row from notifications about things, and from their counts. $1 recipients, $2 things, $3 kinds, $4 actors,
-- $5 the notification with which to begin: a place for each. A row for each notification that has lost some: the key, the recipient.
WITH asked AS MATERIALIZED (
    SELECT recipient_id, thing_id, kind, since, actor_id % {dropped_actors_parts} AS part, array_agg(actor_id) AS actors
    FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::bigint[], $5::text::bigint[])
        AS k(recipient_id, thing_id, kind, actor_id, since)
    GROUP BY 1, 2, 3, 4, 5
), found AS MATERIALIZED (
    SELECT n.id, n.recipient_id, a.part, removed.actors
    FROM asked a
    CROSS JOIN LATERAL (
        SELECT id, recipient_id FROM notifications
        WHERE recipient_id = a.recipient_id AND thing_id = a.thing_id AND kind = a.kind AND id >= a.since AND dropped_count > 0
        OFFSET 0
    ) n
    CROSS JOIN LATERAL (SELECT actors FROM notification_dropped_actors WHERE notification_id = n.id AND part = a.part OFFSET 0) d
    CROSS JOIN LATERAL (
        SELECT array_agg(actor_id) AS actors FROM (SELECT unnest(d.actors) INTERSECT SELECT unnest(a.actors)) AS common(actor_id)
    ) removed
    WHERE removed.actors IS NOT NULL
), shortened AS (
    UPDATE notification_dropped_actors d
    SET actors = ARRAY(SELECT actor_id FROM unnest(d.actors) AS actor_id WHERE actor_id NOT IN (SELECT unnest(f.actors)))
    FROM found f WHERE d.notification_id = f.id AND d.part = f.part
)
UPDATE notifications n SET actor_count = n.actor_count - f.actors, dropped_count = n.dropped_count - f.actors
FROM (SELECT id, sum(cardinality(actors))::int AS actors FROM found GROUP BY id) f WHERE n.id = f.id
RETURNING n.id, n.recipient_id
