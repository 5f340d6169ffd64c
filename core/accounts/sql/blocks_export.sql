-- Users whom a user blocks for an archive, named as far as the user may see the names. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT b.blocked_id, jsonb_build_object('type', 'block', 'user', {global_id type=User of=u.id}, 'username', CASE WHEN {name_visible user_id=u.id} THEN u.username END,
    'created_at', b.created_at)::text
FROM blocks b JOIN users u ON u.id = b.blocked_id WHERE b.blocker_id = $1 AND b.blocked_id > $2 ORDER BY b.blocked_id LIMIT $3
