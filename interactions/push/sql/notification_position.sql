-- The position of a notification and how many actors it has, to see whether it has changed. $1 notification.
SELECT position, actor_count FROM notifications WHERE id = $1
