-- Which places changed (`done`), with the posts' {count}. {sign} is + or -.
-- parameters: count, sign
-- needs: asked (n, actor_id, key, posts), changes (user_id, post_id)
done AS MATERIALIZED (
    -- Of those that ask for the same thing at once, the first one does it.
    SELECT asked.*,
        (actor_id, id) IN (SELECT user_id, post_id FROM changes)
        AND n = min(n) OVER (PARTITION BY id, actor_id) AS changed
    FROM asked
), counted AS (
    UPDATE posts p SET {count} = p.{count} {sign} c.times
    FROM (SELECT post_id, count(*) AS times FROM changes GROUP BY post_id) c
    WHERE p.id = c.post_id
)
