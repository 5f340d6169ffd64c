-- Builds the kept home feed of a reader from the reasons above a key, if there are as many as a feed has, or if the key is
-- 0: then from all. Gives the feed's key; no row if there were too few. $1 reader, $2 above.
WITH sources AS MATERIALIZED (
    SELECT $1::bigint AS id UNION ALL SELECT followee_id FROM follows WHERE follower_id = $1
), newest AS MATERIALIZED (
    SELECT r.* FROM sources s CROSS JOIN LATERAL (
        (SELECT id AS position, id AS post_id, NULL::bigint AS sharer_id, transaction FROM posts
            WHERE author_id = s.id AND id > $2 ORDER BY id DESC LIMIT {kept_reasons_limit})
        UNION ALL
        (SELECT id, post_id, user_id, transaction FROM shares
            WHERE user_id = s.id AND s.id <> $1 AND id > $2 ORDER BY id DESC LIMIT {kept_reasons_limit})
    ) r
    ORDER BY position DESC LIMIT {kept_reasons_limit}
), kept AS MATERIALIZED (
    {newest_reasons reasons=newest}
), made AS (
    INSERT INTO home_feeds (reader_id, floor, built_transaction)
    SELECT $1, CASE WHEN count(*) = {kept_reasons_limit} OR max(posts) = {kept_posts_limit} THEN min(position) ELSE 0 END,
        pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    FROM kept HAVING $2 = 0 OR count(*) = {kept_reasons_limit} OR max(posts) = {kept_posts_limit}
    RETURNING id
), filled AS (
    INSERT INTO home_feed_reasons (feed_id, position, post_id, sharer_id, transaction)
    SELECT made.id, position, post_id, sharer_id, transaction FROM kept CROSS JOIN made ORDER BY position
)
SELECT id FROM made
