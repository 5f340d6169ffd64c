-- Removes notifications with their actors. $1 notifications. A row for each: the key, the recipient.
DELETE FROM notifications WHERE id = ANY($1::bigint[]) RETURNING id, recipient_id
