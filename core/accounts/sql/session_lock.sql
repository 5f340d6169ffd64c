-- An active session, locked, with its user. $1 session, $2 for how long after a rotation the previous token is still
-- accepted.
SELECT s.salt, s.generation, s.token_hash, s.rotated_at > clock_timestamp() - $2::interval, s.expires_at, {user of=u}
FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = $1 AND s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AND u.is_active
FOR NO KEY UPDATE OF s
