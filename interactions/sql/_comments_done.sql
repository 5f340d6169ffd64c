-- Which places changed (`done`), with the like counts and the events. {sign} of the counts is + or -.
-- parameters: sign, kind
-- needs: asked (n, actor_id, key, comments), changes (user_id, comment_id)
done AS MATERIALIZED (
    -- Of those that ask for the same thing at once, the first one does it.
    SELECT asked.*,
        (actor_id, id) IN (SELECT user_id, comment_id FROM changes)
        AND n = min(n) OVER (PARTITION BY id, actor_id) AS changed
    FROM asked
), counted AS (
    UPDATE comments c SET like_count = c.like_count {sign} m.times
    FROM (SELECT comment_id, count(*) AS times FROM changes GROUP BY comment_id) m
    WHERE c.id = m.comment_id
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT '{kind}', actor_id, post_id, id, key FROM done WHERE changed ORDER BY n
)
