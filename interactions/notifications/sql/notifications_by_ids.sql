-- The notifications with these keys, as their recipients are shown them. $1 keys, $2 recipients.
SELECT {notification}
FROM notifications n
JOIN notification_inboxes i ON i.user_id = n.recipient_id
CROSS JOIN LATERAL ({notification_causes}) shown
CROSS JOIN LATERAL (SELECT display_name FROM users WHERE id = shown.actor_id OFFSET 0) u
WHERE n.id = ANY($1::bigint[]) AND n.recipient_id = ANY($2::bigint[]) AND {notification_thing_visible}
