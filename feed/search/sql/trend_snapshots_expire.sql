-- Removes the snapshots of trends that were replaced so long ago. $1 how long.
WITH kept AS MATERIALIZED (
    SELECT max(id) AS id FROM trend_snapshots WHERE created_at <= now() - $1::interval
), posts_removed AS (
    DELETE FROM trending_posts WHERE position < (SELECT id FROM kept) * 1000
), hashtags_removed AS (
    DELETE FROM trending_hashtags WHERE position < (SELECT id FROM kept) * 1000
)
DELETE FROM trend_snapshots WHERE id < (SELECT id FROM kept)
