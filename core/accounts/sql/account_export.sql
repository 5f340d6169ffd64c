-- The account of a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT u.id, jsonb_build_object('type', 'account', 'id', {global_id type=User of=u.id}, 'username', u.username,
    'email', u.email, 'email_verified', u.email_verified, 'pending_email', u.pending_email,
    'display_name', u.display_name, 'bio', u.bio, 'avatar_url', u.avatar_url, 'created_at', u.created_at,
    'last_login', u.last_login, 'is_active', u.is_active, 'is_private', u.is_private, 'is_staff', u.is_staff,
    'follower_count', u.follower_count, 'following_count', u.following_count, 'post_count', u.post_count)::text
FROM users u WHERE u.id = $1 AND u.id > $2 LIMIT $3
