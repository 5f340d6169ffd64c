-- Removes the oldest reasons of kept home feeds that have more than a feed has when it is built; looks at those that were
-- not looked at for the longest time. $1 the least time between two looks, $2 limit. Gives the number of feeds.
WITH due AS MATERIALIZED (
    SELECT id FROM home_feeds WHERE retired_at IS NULL AND trimmed_at < now() - $1::interval
    ORDER BY trimmed_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), ends AS MATERIALIZED (
    SELECT due.id, (
        WITH newest AS (
            SELECT position, post_id FROM home_feed_reasons
            WHERE feed_id = due.id ORDER BY position DESC LIMIT {kept_reasons_limit}
        )
        SELECT min(position) FROM ({newest_reasons reasons=newest}) kept
        HAVING count(*) = {kept_reasons_limit} OR max(posts) = {kept_posts_limit}
    ) AS floor FROM due
), trimmed AS (
    UPDATE home_feeds f SET trimmed_at = now(), floor = greatest(f.floor, coalesce(e.floor, 0)) FROM ends e WHERE f.id = e.id
    RETURNING f.id
), removed AS (
    DELETE FROM home_feed_reasons r USING ends e WHERE r.feed_id = e.id AND r.position < e.floor
)
SELECT count(*) FROM trimmed
