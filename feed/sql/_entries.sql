-- A page of the viewer's home feed without its posts, as the CTE `entries` (position, post_id, sharer_id). An entry is the
-- reason for which a post is in the feed: the user's own post, a followee's post or a followee's share, without what blocks
-- and mutes hide. A reason counts if no newer one gives the same post, so entries and posts pair up.
-- Only the first {breadth} sources, and of each of these as many reasons, are considered; the CTE `considered` has whether
-- the page would be the same with all of them. Whether a reason counts is asked in order, until the page is full.
-- parameters: breadth, viewer=$1, below=$2, above=$3, limit=$4, up_to=$6, snapshots=$7
-- needs: hidden (ids)
sources AS MATERIALIZED (
    SELECT {viewer}::bigint AS id
    UNION ALL
    SELECT followee_id FROM follows
    WHERE follower_id = {viewer} AND {not_deleted user_id=followee_id}
    -- A block ends follows, so only mutes are asked for.
    AND coalesce(followee_id <> ALL((SELECT ids FROM hidden)::bigint[]), {unmuted user_id=followee_id viewer={viewer}})
),
-- The first reason of each source, whether it counts or not: none of the source's entries comes before it.
heads AS MATERIALIZED (
    SELECT s.id AS source, r.position
    FROM sources s CROSS JOIN LATERAL (
        {reasons of=s.id below={below} above={above} limit=1 viewer={viewer} up_to={up_to} snapshots={snapshots}}
        ORDER BY position {direction} LIMIT 1
    ) r
    ORDER BY r.position {direction}
),
reach AS MATERIALIZED (
    {reach_{direction} below={below} above={above} breadth={breadth}}
),
candidates AS MATERIALIZED (
    SELECT h.source, r.*
    FROM reach JOIN heads h ON h.position < reach.below AND h.position > reach.above
    CROSS JOIN LATERAL (
        {reasons of=h.source below=reach.below above=reach.above limit={breadth} viewer={viewer} up_to={up_to} snapshots={snapshots}}
        ORDER BY position {direction} LIMIT {breadth}
    ) r
    ORDER BY r.position {direction}
),
entries AS MATERIALIZED (
    SELECT position, post_id, sharer_id FROM candidates r
    WHERE {reason_counts viewer={viewer}} ORDER BY position {direction} LIMIT {limit}
),
-- The last candidate of each source that may have more.
ends AS (
    SELECT {last_{direction}} AS position FROM candidates GROUP BY source HAVING count(*) = {breadth}
),
considered AS MATERIALIZED (
    SELECT CASE WHEN (SELECT count(*) FROM entries) = {limit}
        THEN NOT EXISTS (SELECT FROM ends WHERE {is_before_{direction} position=position})
        ELSE is_whole AND NOT EXISTS (SELECT FROM ends) END AS is_complete
    FROM reach
)
