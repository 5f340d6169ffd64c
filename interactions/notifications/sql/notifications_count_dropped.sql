-- Changes the number of actors without a row of the newest notification about a thing that has such. $1 recipients, $2 things,
-- $3 kinds, $4 by how much: a place for each. A row for each notification: the key, the recipient.
UPDATE notifications n SET actor_count = n.actor_count + picked.actors, dropped_count = n.dropped_count + picked.actors
FROM (
    SELECT o.id, greatest(k.actors, -o.dropped_count) AS actors
    FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::int[]) AS k(recipient_id, thing_id, kind, actors)
    CROSS JOIN LATERAL (
        SELECT id, dropped_count FROM notifications
        WHERE recipient_id = k.recipient_id AND thing_id = k.thing_id AND kind = k.kind AND dropped_count > 0
        ORDER BY id DESC LIMIT 1
    ) o
) picked
WHERE n.id = picked.id
RETURNING n.id, n.recipient_id
