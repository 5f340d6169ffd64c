-- The sessions of a user that have not ended, those used last first. $1 user, $2 the session of the request, $3 limit.
SELECT s.id, {moment of=s.created_at}, {moment of=s.rotated_at}, s.device_name, s.id = $2::bigint
FROM sessions s
WHERE s.user_id = $1 AND s.revoked_at IS NULL AND s.expires_at > now()
ORDER BY s.rotated_at DESC, s.id DESC LIMIT $3
