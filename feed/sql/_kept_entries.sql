-- A page of the viewer's home feed from the kept one, as the CTE `entries`: position and sharer_id, then the columns of
-- the post with its author ({author_read}). The reasons are those of the kept feed and of events that are not in it yet; each is judged again. The CTE
-- `considered` has the outcome: 0 the page is complete, 1 more than {breadth} reasons have to be considered, 2 the page
-- goes beyond the kept feed, 3 there is no feed that can be used.
-- parameters: breadth, viewer=$1, below=$2, above=$3, limit=$4, up_to=$6, snapshots=$7
-- needs: hidden (ids, is_complete)
{kept_feed viewer={viewer}}, news AS MATERIALIZED (
    SELECT count(*) AS count FROM feed CROSS JOIN LATERAL (
        SELECT FROM events
        WHERE kind IN {reason_events} AND (transaction, id) > (feed.transaction, feed.event) LIMIT {news_limit} + 1
    ) e
), tail AS MATERIALIZED (
    -- Most pages have no such event, and what is never called costs nothing. It leaves out shares by users who are hidden.
    SELECT t.* FROM feed CROSS JOIN LATERAL home_feed_news({viewer}, feed.id, feed.transaction, feed.event) t
    WHERE (SELECT count FROM news) BETWEEN 1 AND {news_limit}
), candidates AS MATERIALIZED (
    SELECT * FROM (
        SELECT k.* FROM feed CROSS JOIN LATERAL (
            SELECT position, post_id, sharer_id, transaction FROM home_feed_reasons
            WHERE feed_id = feed.id AND position < {below} AND position > greatest({above}, feed.floor - 1)
            {unseen key=position transaction=transaction up_to={up_to} snapshots={snapshots}}
            ORDER BY position {direction} LIMIT {breadth}
        ) k
        UNION ALL
        SELECT t.* FROM tail t CROSS JOIN feed WHERE t.position < {below} AND t.position > greatest({above}, feed.floor - 1)
        {unseen key=t.position transaction=t.transaction up_to={up_to} snapshots={snapshots}}
    ) c
    ORDER BY position {direction} LIMIT {breadth}
), shared AS MATERIALIZED (
    -- Most pages have no post that the kept feed has shares of, which is known without a probe for each.
    SELECT ARRAY(
        SELECT DISTINCT post_id FROM home_feed_reasons
        WHERE feed_id = (SELECT id FROM feed) AND sharer_id IS NOT NULL AND post_id = ANY(ARRAY(SELECT post_id FROM candidates))
    ) AS ids
), entries AS MATERIALIZED (
    SELECT r.position, r.sharer_id, p.*, {author_read}
    FROM candidates r
    JOIN posts p ON p.id = r.post_id
    JOIN users a ON a.id = p.author_id
    WHERE (r.sharer_id IS NULL OR {share_counts share=r viewer={viewer}})
    AND {not_hidden user_id=p.author_id viewer={viewer} muter={viewer}}
    AND (r.sharer_id IS NULL AND p.visibility < 2 OR {post_readable viewer={viewer}})
    -- No newer reason for the same post counts: a share, or the post itself where shares are older than it.
    AND (r.post_id <> ALL((SELECT ids FROM shared)::bigint[]) OR NOT EXISTS (
        SELECT FROM home_feed_reasons k
        WHERE k.feed_id = (SELECT id FROM feed) AND k.post_id = r.post_id AND k.sharer_id IS NOT NULL AND k.position > r.position
        AND {share_counts share=k viewer={viewer}} OFFSET 0
    ))
    AND NOT EXISTS (SELECT FROM tail k WHERE k.post_id = r.post_id AND k.position > r.position)
    AND (r.position >= r.post_id OR NOT EXISTS (
        SELECT FROM home_feed_reasons k WHERE k.feed_id = (SELECT id FROM feed) AND k.position = r.post_id OFFSET 0
    ))
    ORDER BY r.position {direction} LIMIT {limit}
), considered AS MATERIALIZED (
    SELECT CASE
        WHEN feed.id IS NULL OR (SELECT count FROM news) > {news_limit} THEN 3
        WHEN '{direction}' = 'ASC' AND feed.floor > {above} + 1 THEN 2
        WHEN (SELECT count(*) FROM entries) = {limit} THEN 0
        WHEN (SELECT count(*) FROM candidates) = {breadth} THEN 1
        WHEN feed.floor > {above} + 1 THEN 2
        ELSE 0 END AS outcome
    FROM (VALUES (1)) AS always LEFT JOIN feed ON true
)
