-- Ends every follow of and by a person who is about to be removed. $1 person. Gives how many.
WITH gone AS (
    DELETE FROM follows WHERE follower_id = $1 OR followee_id = $1 RETURNING follower_id, followee_id
), counts AS (
    SELECT id, sum(followers)::int AS followers, sum(following)::int AS following FROM (
        SELECT followee_id AS id, 1 AS followers, 0 AS following FROM gone
        UNION ALL
        SELECT follower_id, 0, 1 FROM gone
    ) ends GROUP BY id
), locked AS MATERIALIZED (
    SELECT id FROM users WHERE id IN (SELECT id FROM counts) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE users u SET follower_count = u.follower_count - c.followers, following_count = u.following_count - c.following
    FROM counts c JOIN locked USING (id) WHERE u.id = c.id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id) SELECT 'user_unfollowed', follower_id, followee_id FROM gone
)
SELECT count(*) FROM gone
