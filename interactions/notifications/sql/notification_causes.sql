-- The causes that the notifications of recipients have by actors. $1 recipients, $2 things, $3 kinds, $4 actors: a place for each.
-- A row for each cause: the recipient, the thing, the kind, the actor, the notification, the comment or post by which, or 0.
SELECT k.recipient_id, k.thing_id, k.kind, k.actor_id, x.notification_id, x.subject_id
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::bigint[]) AS k(recipient_id, thing_id, kind, actor_id)
CROSS JOIN LATERAL (
    SELECT notification_id, subject_id FROM notification_actors
    WHERE actor_id = k.actor_id AND recipient_id = k.recipient_id AND thing_id = k.thing_id AND kind = k.kind
    OFFSET 0
) x
