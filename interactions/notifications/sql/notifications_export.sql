-- A user's notifications for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT n.position, jsonb_build_object('type', 'notification', 'id', {global_id type=Notification of=n.id},
    'kind', {notification_kind_name of=n.kind}, 'latest_at', to_timestamp(n.position / 1000000.0), 'actor_count', n.actor_count,
    'post', {global_id type=Post of=n.post_id}, 'comment', {global_id type=Comment of=n.comment_id})::text
FROM notifications n WHERE n.recipient_id = $1 AND n.position > $2 ORDER BY n.position LIMIT $3
