-- Adds the inboxes of users who have none, by key. $1 users, of whom some may not exist any more.
INSERT INTO notification_inboxes (user_id)
SELECT u.id FROM users u WHERE u.id = ANY($1::text::bigint[]) ORDER BY u.id
ON CONFLICT DO NOTHING
