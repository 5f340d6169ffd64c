-- A user's settings of notifications for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT kind::bigint, jsonb_build_object('type', 'notification_setting', 'kind', {notification_kind_name of=kind},
    'allow_from', {notification_audience_name of=allow_from}, 'push', push)::text
FROM notification_settings WHERE user_id = $1 AND kind > $2 ORDER BY kind LIMIT $3
