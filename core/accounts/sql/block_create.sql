-- Blocks a user and ends follows and requests to follow both ways; both users are locked already. $1 viewer, $2 user, $3 client's key.
-- One row if the user exists: whether the block is new, whether the viewer can see the name, then the user.
WITH seen AS (
    SELECT u.* FROM users u JOIN users v ON v.id = $1
    WHERE u.id = $2 AND {not_deleted user_id=u.id} AND {not_deleted user_id=v.id}
), created AS (
    INSERT INTO blocks (blocker_id, blocked_id) SELECT $1, id FROM seen ON CONFLICT DO NOTHING
    RETURNING blocked_id
), pairs AS (
    SELECT $1::bigint AS follower_id, blocked_id AS followee_id FROM created
    UNION ALL
    SELECT blocked_id, $1 FROM created
), unfollowed AS (
    DELETE FROM follows f USING pairs WHERE f.follower_id = pairs.follower_id AND f.followee_id = pairs.followee_id
    RETURNING f.follower_id, f.followee_id
), unasked AS (
    DELETE FROM follow_requests r USING pairs WHERE r.requester_id = pairs.follower_id AND r.target_id = pairs.followee_id
    RETURNING r.requester_id, r.target_id
), counted AS (
    UPDATE users SET
        follower_count = follower_count - (SELECT count(*) FROM unfollowed WHERE followee_id = users.id)::int,
        following_count = following_count - (SELECT count(*) FROM unfollowed WHERE follower_id = users.id)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM unfollowed)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_blocked', $1, blocked_id, $3 FROM created
    UNION ALL
    SELECT 'user_unfollowed', follower_id, followee_id, NULL FROM unfollowed
    UNION ALL
    SELECT 'follow_request_deleted', requester_id, target_id, NULL FROM unasked
)
SELECT EXISTS (SELECT FROM created), true, {user of=seen} FROM seen
