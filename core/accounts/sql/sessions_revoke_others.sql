-- Revokes all sessions of a user but one; a trigger logs each. $1 user, $2 the session that remains, or NULL.
UPDATE sessions SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL AND id IS DISTINCT FROM $2::bigint
RETURNING id
