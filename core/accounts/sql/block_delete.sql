-- Deletes a block. $1 viewer, $2 user, $3 client's key.
-- One row for a user whom the viewer has blocked or can see: whether there was a block, whether the viewer can see the
-- user afterwards, then the user.
WITH deleted AS (
    DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2 RETURNING blocked_id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_unblocked', $1, $2, $3 WHERE EXISTS (SELECT FROM deleted)
)
-- The statement still sees the block; a viewer who had blocked the user saw the name.
SELECT EXISTS (SELECT FROM deleted),
    NOT EXISTS (SELECT FROM blocks WHERE blocker_id = u.id AND blocked_id = $1) AND {not_deleted user_id=u.id},
    {user of=u}
FROM users u WHERE u.id = $2 AND (EXISTS (SELECT FROM deleted) OR {name_visible user_id=u.id})
