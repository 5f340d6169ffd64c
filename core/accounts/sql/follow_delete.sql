-- Follows a person no more. $1 viewer, $2 person, $3 client's key.
-- One row if there is such a person: whether they were followed, then the person.
WITH seen AS (
    SELECT * FROM users u WHERE u.id = $2 AND {visible person=u.id}
), gone AS (
    DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2 RETURNING id
), counted AS (
    UPDATE users SET follower_count = follower_count - (id = $2)::int, following_count = following_count - (id = $1)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM gone)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_unfollowed', $1, $2, $3 WHERE EXISTS (SELECT FROM gone)
)
SELECT EXISTS (SELECT FROM gone), {user of=seen} FROM seen
