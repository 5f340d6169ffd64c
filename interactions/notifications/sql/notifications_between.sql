-- Notifications that users get because of others. $1 recipients, $2 actors: a place for each; $3 limit for each.
-- A row for each: the key, the recipient.
SELECT DISTINCT x.notification_id, x.recipient_id
FROM unnest($1::bigint[], $2::bigint[]) AS k(recipient_id, actor_id)
CROSS JOIN LATERAL (
    SELECT notification_id, recipient_id FROM notification_actors
    WHERE actor_id = k.actor_id AND recipient_id = k.recipient_id LIMIT $3
) x
