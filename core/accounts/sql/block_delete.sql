-- Takes a block back. $1 viewer, $2 person, $3 client's key.
-- One row if there is such a person: whether there was one, then the person.
WITH gone AS (
    DELETE FROM blocks WHERE blocker_id = $1 AND blocked_id = $2 RETURNING blocked_id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_unblocked', $1, $2, $3 WHERE EXISTS (SELECT FROM gone)
)
SELECT EXISTS (SELECT FROM gone), {user of=u} FROM users u WHERE u.id = $2
