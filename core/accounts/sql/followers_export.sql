-- Users who follow a user for an archive, named as far as the user may see the names. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT f.id, jsonb_build_object('type', 'follower', 'user', {global_id type=User of=u.id}, 'username', CASE WHEN {name_visible user_id=u.id} THEN u.username END,
    'created_at', f.created_at)::text
FROM follows f JOIN users u ON u.id = f.follower_id WHERE f.followee_id = $1 AND f.id > $2 ORDER BY f.id LIMIT $3
