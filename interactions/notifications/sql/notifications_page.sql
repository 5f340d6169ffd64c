-- A page of a user's notifications, in the order in which they last had a new actor, newest first. $1 viewer, $2 below this
-- position, $3 kinds, $4 limit. Each row has the snapshot of the log and the number of notifications that were not seen, and a
-- row without a notification has them for an empty page.
SELECT once.now, once.unseen, m.*
FROM (SELECT {log_snapshot} AS now, {notifications_unseen user_id=$1} AS unseen OFFSET 0) once
LEFT JOIN LATERAL (
    SELECT {notification}
    FROM notifications n
    JOIN notification_inboxes i ON i.user_id = n.recipient_id
    CROSS JOIN LATERAL ({notification_causes}) shown
    CROSS JOIN LATERAL (SELECT display_name FROM users WHERE id = shown.actor_id OFFSET 0) u
    WHERE n.recipient_id = $1 AND n.position < $2 AND n.kind = ANY($3::int[]) AND {notification_thing_visible}
    ORDER BY n.position DESC LIMIT $4
) m ON true
