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
    {follows_counted sign={sign} follows=changes}
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT '{kind}', viewer_id, id, key FROM done WHERE changed ORDER BY n
)
