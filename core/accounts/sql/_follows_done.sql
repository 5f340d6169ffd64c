-- Which pairs changed (`done`), with the counts of both users and the events. {sign} of the counts is + or -.
-- parameters: sign, kind
-- needs: requested (n, viewer_id, key, id), changes (follower_id, followee_id)
done AS MATERIALIZED (
    -- Of those that ask for the same thing at once, the first one does it.
    SELECT requested.*,
        (viewer_id, id) IN (SELECT follower_id, followee_id FROM changes)
        AND n = min(n) OVER (PARTITION BY viewer_id, id) AS changed
    FROM requested
), counted AS (
    UPDATE users u SET
        follower_count = u.follower_count {sign} c.followers, following_count = u.following_count {sign} c.following
    FROM (
        SELECT id, sum(followers)::int AS followers, sum(following)::int AS following FROM (
            SELECT followee_id AS id, 1 AS followers, 0 AS following FROM changes
            UNION ALL
            SELECT follower_id, 0, 1 FROM changes
        ) ends GROUP BY id
    ) c
    WHERE u.id = c.id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT '{kind}', viewer_id, id, key FROM done WHERE changed ORDER BY n
)
