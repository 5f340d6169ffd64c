-- Revokes the sessions of a user that were used longest ago, beyond a number; a trigger logs each. $1 user, $2 how many
-- may remain.
UPDATE sessions SET revoked_at = now() WHERE id IN (
    SELECT id FROM sessions
    WHERE user_id = $1 AND revoked_at IS NULL AND id <> ALL(ARRAY(
        SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY rotated_at DESC, id DESC LIMIT $2
    ))
    ORDER BY id FOR UPDATE SKIP LOCKED
)
RETURNING id
