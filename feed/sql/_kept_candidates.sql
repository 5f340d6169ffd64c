-- The reasons of a kept home feed that a page considers, as the CTE `candidates` (position, post_id, sharer_id): those of the
-- feed and of events that are not in it yet, at most {breadth}. The CTE `shared` has which of their posts the feed has shares
-- of. The CTE `considered` has the outcome of a page that is not full: 0 it is complete, 1 more than {breadth} reasons have to
-- be considered, 2 the page goes beyond the kept feed, and 3, also of one that is full, there is no feed that can be used.
-- parameters: breadth, viewer=$1, below=$2, above=$3, up_to=$6, snapshots=$7
-- needs: hidden (ids)
{kept_feed viewer={viewer}}, tail AS MATERIALIZED (
    -- Most pages have no such event, and what is never called costs nothing. It leaves out shares by users who are hidden.
    SELECT t.* FROM feed CROSS JOIN LATERAL home_feed_news({viewer}, feed.id, feed.transaction, feed.event) t
    WHERE feed.news BETWEEN 1 AND {news_limit} AND t.position > greatest({above}, feed.floor - 1)
    -- Oldest first, a page that begins below the feed has none.
    AND ('{direction}' = 'DESC' OR feed.floor <= {above} + 1)
), candidates AS MATERIALIZED (
    SELECT * FROM (
        SELECT k.* FROM feed CROSS JOIN LATERAL (
            SELECT position, post_id, sharer_id FROM home_feed_reasons
            WHERE feed_id = feed.id AND position < {below} AND position > greatest({above}, feed.floor - 1)
            {unseen key=position transaction=transaction up_to={up_to} snapshots={snapshots}}
            ORDER BY position {direction} LIMIT {breadth}
        ) k
        WHERE '{direction}' = 'DESC' OR feed.floor <= {above} + 1
        UNION ALL
        SELECT position, post_id, sharer_id FROM tail
        WHERE position < {below} {unseen key=position transaction=transaction up_to={up_to} snapshots={snapshots}}
    ) c
    ORDER BY position {direction} LIMIT {breadth}
), {page_keys page=candidates key=post_id}, shared AS MATERIALIZED (
    -- Most pages have no post that the kept feed has shares of, which is known without a probe for each.
    SELECT ARRAY(
        SELECT DISTINCT post_id FROM home_feed_reasons
        WHERE feed_id = (SELECT id FROM feed) AND sharer_id IS NOT NULL AND post_id = ANY((SELECT ids FROM keys)::bigint[])
    ) AS ids
), considered AS (
    SELECT CASE
        WHEN feed.id IS NULL OR feed.news > {news_limit} THEN 3
        WHEN (SELECT cardinality(ids) FROM keys) = {breadth} THEN 1
        WHEN feed.floor > {above} + 1 THEN 2
        ELSE 0 END AS outcome
    FROM (VALUES (1)) AS always LEFT JOIN feed ON true
)
