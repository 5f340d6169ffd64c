-- Takes actors whose rows are not kept off the newest notification about a thing that has such. $1 recipients, $2 things, $3 kinds,
-- $4 numbers of actors: a place for each. A row for each notification: the key, the recipient.
UPDATE notifications n SET actor_count = greatest(n.actor_count - picked.actors, picked.kept)
FROM (
    SELECT found.id, k.actors, found.kept
    FROM unnest($1::bigint[], $2::bigint[], $3::int[], $4::int[]) AS k(recipient_id, thing_id, kind, actors)
    CROSS JOIN LATERAL (
        SELECT o.id, kept.actors AS kept FROM notifications o CROSS JOIN LATERAL (
            SELECT count(DISTINCT x.actor_id)::int AS actors FROM notification_actors x WHERE x.notification_id = o.id
        ) kept
        WHERE o.recipient_id = k.recipient_id AND o.thing_id = k.thing_id AND o.kind = k.kind AND o.actor_count > kept.actors
        ORDER BY o.id DESC LIMIT 1
    ) found
) picked
WHERE n.id = picked.id
RETURNING n.id, n.recipient_id
