-- Revokes the sessions of a user that were used longest ago, beyond a number; a trigger logs each. One that is in use at this
-- moment is not waited for: the next one ends in its place. The user is locked already. $1 user, $2 how many may remain.
WITH oldest AS MATERIALIZED (
    SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL ORDER BY rotated_at, id
    LIMIT greatest((SELECT count(*) FROM sessions WHERE user_id = $1 AND revoked_at IS NULL) - $2, 0)
    FOR UPDATE SKIP LOCKED
)
UPDATE sessions SET revoked_at = now() WHERE id IN (SELECT id FROM oldest) RETURNING id
