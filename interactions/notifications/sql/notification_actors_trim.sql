-- Drops the oldest actors of notifications that keep more than a number of rows; they stay counted. $1 notifications, $2 the number.
DELETE FROM notification_actors x
USING unnest($1::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT id AS row_id FROM notification_actors WHERE notification_id = k.id ORDER BY id DESC OFFSET $2 LIMIT 1
) oldest
WHERE x.notification_id = k.id AND x.id <= oldest.row_id
