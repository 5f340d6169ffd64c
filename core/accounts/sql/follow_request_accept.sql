-- Accepts a user's request to follow the viewer; both are locked already. $1 viewer, $2 user, $3 client's key.
-- One row if the viewer can see the user: whether there was a request, true, the user.
WITH {requester_seen}, answered AS (
    DELETE FROM follow_requests r USING seen WHERE r.requester_id = seen.id AND r.target_id = $1
    RETURNING r.requester_id, r.target_id
), created AS (
    INSERT INTO follows (follower_id, followee_id) SELECT requester_id, target_id FROM answered ON CONFLICT DO NOTHING
    RETURNING follower_id, followee_id
), counted AS (
    UPDATE users SET
        follower_count = follower_count + (SELECT count(*) FROM created WHERE followee_id = users.id)::int,
        following_count = following_count + (SELECT count(*) FROM created WHERE follower_id = users.id)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM created)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_followed', follower_id, followee_id, NULL FROM created
    UNION ALL
    SELECT 'follow_accepted', target_id, requester_id, $3 FROM answered
)
SELECT EXISTS (SELECT FROM answered), true, {user of=seen} FROM seen
