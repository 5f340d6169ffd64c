-- Sets the highest position of inboxes, which are locked already. $1 users, $2 positions, $3 how many notifications each got.
UPDATE notification_inboxes i SET last_position = k.position, added = i.added + k.added
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[]) AS k(user_id, position, added) WHERE i.user_id = k.user_id
