-- Ends a user's follow of the viewer; both are locked already. $1 viewer, $2 user, $3 client's key.
-- One row if the viewer can see the user or is followed: whether the user followed the viewer, whether the viewer can see the
-- user, the user.
WITH seen AS MATERIALIZED (
    SELECT u.* FROM users u JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    -- A user whom the viewer can't see counts only as a follower.
    WHERE u.id = $2 AND (({visible user_id=u.id}) OR EXISTS (SELECT FROM follows WHERE follower_id = u.id AND followee_id = $1 OFFSET 0))
), ended AS (
    DELETE FROM follows f USING seen WHERE f.follower_id = seen.id AND f.followee_id = $1
    RETURNING f.follower_id, f.followee_id
), counted AS (
    UPDATE users SET
        follower_count = follower_count - (SELECT count(*) FROM ended WHERE followee_id = users.id)::int,
        following_count = following_count - (SELECT count(*) FROM ended WHERE follower_id = users.id)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM ended)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_unfollowed', follower_id, followee_id, $3 FROM ended
)
SELECT EXISTS (SELECT FROM ended), {visible user_id=seen.id}, {user of=seen} FROM seen
