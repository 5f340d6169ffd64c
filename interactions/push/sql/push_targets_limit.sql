-- Deletes the push targets of a user that were registered longest ago, beyond a number. $1 user, $2 how many may remain.
-- The user is locked already.
DELETE FROM push_targets WHERE id IN (
    SELECT id FROM push_targets
    WHERE user_id = $1 AND id <> ALL(ARRAY(
        SELECT id FROM push_targets WHERE user_id = $1 ORDER BY registered_at DESC, id DESC LIMIT $2
    ))
    ORDER BY id FOR UPDATE SKIP LOCKED
)
RETURNING id
