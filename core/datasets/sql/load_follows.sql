-- Inserts the staged follows between users who exist, once for each pair, and counts them for both users.
WITH inserted AS (
    INSERT INTO follows (id, follower_id, followee_id, created_at)
    SELECT n.id, n.follower_id, n.followee_id, n.created_at
    FROM new_follows n JOIN users a ON a.id = n.follower_id JOIN users b ON b.id = n.followee_id
    ORDER BY n.id
    ON CONFLICT DO NOTHING
    RETURNING follower_id, followee_id
), counts AS (
    SELECT id, sum(following)::int AS following, sum(followers)::int AS followers FROM (
        SELECT follower_id AS id, count(*) AS following, 0 AS followers FROM inserted GROUP BY follower_id
        UNION ALL
        SELECT followee_id, 0, count(*) FROM inserted GROUP BY followee_id
    ) ends GROUP BY id
), locked AS MATERIALIZED (
    SELECT id FROM users WHERE id IN (SELECT id FROM counts) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE users u SET following_count = u.following_count + c.following, follower_count = u.follower_count + c.followers
    FROM counts c JOIN locked USING (id) WHERE u.id = c.id
)
SELECT count(*) FROM inserted
