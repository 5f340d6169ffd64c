-- Rejects a user's request to follow the viewer; both are locked already. $1 viewer, $2 user, $3 client's key.
-- One row if the viewer can see the user: whether there was a request, true, the user.
WITH {requester_seen}, answered AS (
    DELETE FROM follow_requests r USING seen WHERE r.requester_id = seen.id AND r.target_id = $1
    RETURNING r.requester_id, r.target_id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'follow_request_deleted', requester_id, target_id, $3 FROM answered
)
SELECT EXISTS (SELECT FROM answered), true, {user of=seen} FROM seen
