-- Deletes the push targets of a user that were registered longest ago, beyond a number. One that is in use at this moment is
-- not waited for: the next one is deleted in its place. The user is locked already. $1 user, $2 how many may remain.
WITH oldest AS MATERIALIZED (
    SELECT id FROM push_targets WHERE user_id = $1 ORDER BY registered_at, id
    LIMIT greatest((SELECT count(*) FROM push_targets WHERE user_id = $1) - $2, 0)
    FOR UPDATE SKIP LOCKED
)
DELETE FROM push_targets WHERE id IN (SELECT id FROM oldest) RETURNING id
