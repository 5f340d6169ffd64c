-- Locks the inboxes of users, by key. $1 users. A row for each that there is: the user, the position up to which notifications
-- are seen, the highest position.
SELECT user_id, seen_through, last_position FROM notification_inboxes WHERE user_id = ANY($1::text::bigint[])
ORDER BY user_id FOR NO KEY UPDATE
