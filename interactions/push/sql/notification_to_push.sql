-- A notification that is to be pushed now, as its recipient is shown it: not seen, and wanted as a push. $1 notification,
-- $2 recipient. No row for another one. How many the recipient has not seen, then what NotificationRow has.
SELECT {notifications_unseen user_id=$2}, {notification}
FROM notifications n
JOIN notification_inboxes i ON i.user_id = n.recipient_id
CROSS JOIN LATERAL ({notification_causes}) shown
CROSS JOIN LATERAL (SELECT display_name FROM users WHERE id = shown.actor_id OFFSET 0) u
WHERE n.id = $1 AND n.recipient_id = $2 AND n.position > i.seen_through AND {notification_thing_visible}
    AND coalesce((SELECT push FROM notification_settings WHERE user_id = n.recipient_id AND kind = n.kind OFFSET 0), true)
