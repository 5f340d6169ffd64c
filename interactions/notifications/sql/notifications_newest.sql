-- The newest notification of recipients about things. $1 recipients, $2 things, $3 kinds: a place for each.
-- A row for each: the recipient, the thing, the kind, the notification, its position, how many actors it counts without a row.
SELECT k.recipient_id, k.thing_id, k.kind, n.id, n.position, n.dropped_count
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[]) AS k(recipient_id, thing_id, kind)
CROSS JOIN LATERAL (
    SELECT id, position, dropped_count FROM notifications n
    WHERE n.recipient_id = k.recipient_id AND n.thing_id = k.thing_id AND n.kind = k.kind
    ORDER BY id DESC LIMIT 1
) n
