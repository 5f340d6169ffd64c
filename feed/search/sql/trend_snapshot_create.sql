-- Creates a snapshot of trends, which is the current one from now on. $1 posts and $2 hashtags, in their order.
WITH created AS (
    INSERT INTO trend_snapshots DEFAULT VALUES RETURNING id
), posts_ranked AS (
    INSERT INTO trending_posts (position, post_id)
    SELECT created.id * 1000 + t.rank, t.key FROM created CROSS JOIN unnest($1::bigint[]) WITH ORDINALITY AS t(key, rank)
), hashtags_ranked AS (
    INSERT INTO trending_hashtags (position, hashtag_id)
    SELECT created.id * 1000 + t.rank, t.key FROM created CROSS JOIN unnest($2::bigint[]) WITH ORDINALITY AS t(key, rank)
)
SELECT id FROM created
