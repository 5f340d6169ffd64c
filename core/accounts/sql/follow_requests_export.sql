-- Requests to follow by and to a user for an archive, named as far as the user may see the names. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT r.id, jsonb_build_object('type', 'follow_request', 'is_own', r.requester_id = $1, 'user', {global_id type=User of=u.id},
    'username', CASE WHEN {name_visible user_id=u.id} THEN u.username END, 'created_at', r.created_at)::text
FROM (
    (SELECT * FROM follow_requests WHERE requester_id = $1 AND id > $2 ORDER BY id LIMIT $3)
    UNION ALL
    (SELECT * FROM follow_requests WHERE target_id = $1 AND id > $2 ORDER BY id LIMIT $3)
) r
JOIN users u ON u.id = CASE WHEN r.requester_id = $1 THEN r.target_id ELSE r.requester_id END
ORDER BY r.id LIMIT $3
