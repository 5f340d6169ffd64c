-- Users whom a user mutes for an archive, named as far as the user may see the names. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT b.muted_id, jsonb_build_object('type', 'mute', 'user', {global_id type=User of=u.id}, 'username', CASE WHEN {name_visible user_id=u.id} THEN u.username END,
    'created_at', b.created_at)::text
FROM mutes b JOIN users u ON u.id = b.muted_id WHERE b.muter_id = $1 AND b.muted_id > $2 ORDER BY b.muted_id LIMIT $3
