-- Adds actors to notifications. $1 notifications, $2 their positions, $3 actors, $4 recipients, $5 things, $6 kinds, $7 comments or
-- posts by which, or 0: a place for each, in their order.
INSERT INTO notification_actors (id, notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT {key_of_position position=k.position}, k.notification_id, k.actor_id, k.recipient_id, k.thing_id, k.kind, k.subject_id
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::bigint[], $4::text::bigint[], $5::text::bigint[], $6::text::int[],
    $7::text::bigint[]) AS k(notification_id, position, actor_id, recipient_id, thing_id, kind, subject_id)
ON CONFLICT DO NOTHING
