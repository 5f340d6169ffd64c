-- Sessions of a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT s.id, jsonb_build_object('type', 'session', 'id', {global_id type=AccountSession of=s.id}, 'device_name', s.device_name,
    'created_at', s.created_at, 'last_used_at', s.rotated_at, 'expires_at', s.expires_at, 'revoked_at', s.revoked_at)::text
FROM sessions s WHERE s.user_id = $1 AND s.id > $2 ORDER BY s.id LIMIT $3
