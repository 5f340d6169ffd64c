-- Blocks a person and severs follows both ways. $1 viewer, $2 person, $3 client's key.
-- One row if there is such a person: whether that is new, then the person.
WITH made AS (
    INSERT INTO blocks (blocker_id, blocked_id) SELECT $1, id FROM users WHERE id = $2 ON CONFLICT DO NOTHING
    RETURNING blocked_id
), severed AS (
    DELETE FROM follows
    WHERE (follower_id = $1 AND followee_id = $2) AND EXISTS (SELECT FROM made)
    RETURNING follower_id, followee_id
), severed_back AS (
    DELETE FROM follows
    WHERE (follower_id = $2 AND followee_id = $1) AND EXISTS (SELECT FROM made)
    RETURNING follower_id, followee_id
), gone AS (
    SELECT * FROM severed UNION ALL SELECT * FROM severed_back
), counted AS (
    UPDATE users SET
        follower_count = follower_count - (SELECT count(*) FROM gone WHERE followee_id = users.id)::int,
        following_count = following_count - (SELECT count(*) FROM gone WHERE follower_id = users.id)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM gone)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_blocked', $1, $2, $3 WHERE EXISTS (SELECT FROM made)
    UNION ALL
    SELECT 'user_unfollowed', follower_id, followee_id, NULL FROM gone
)
SELECT EXISTS (SELECT FROM made), {user of=u} FROM users u WHERE u.id = $2
