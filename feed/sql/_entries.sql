-- A page of the viewer's home feed without its posts, as the CTE `entries` (position, post_id, sharer_id). An entry is the
-- reason for which a post is in the feed: the user's own post, a followee's post or a followee's share, without what blocks
-- and mutes hide. A reason counts if no newer one gives the same post, so entries and posts pair up.
-- Only the sources of the first {breadth} posts, and of each of these as many reasons, are considered; the CTE `considered` has
-- whether the page would be the same with all of them. Whether a reason counts is asked in order, until the page is full.
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
followed AS MATERIALIZED (
    SELECT n, CASE WHEN n > {many_sources} AND {breadth}::bigint = {limit} THEN {rows_of_all} ELSE 0 END AS rows_of_all
    FROM (SELECT count(*) AS n FROM sources) s
),
-- The first posts and shares of all users, where that is less than to ask each of many sources for its own.
of_all AS MATERIALIZED (
    (SELECT id AS position, author_id AS source, id AS post_id, false AS is_share FROM posts
        WHERE id < {below} AND id > {above} ORDER BY id {direction} LIMIT (SELECT rows_of_all FROM followed))
    UNION ALL
    -- By the index that has this expression, shares_by_key.
    (SELECT id, user_id, post_id, true FROM shares
        WHERE id + 0 < {below} AND id + 0 > {above} ORDER BY id + 0 {direction} LIMIT (SELECT rows_of_all FROM followed))
),
-- Where these two lists were cut off, if they were.
cuts AS (
    SELECT CASE WHEN count(*) FILTER (WHERE NOT is_share) = rows_of_all THEN {last_{direction}} FILTER (WHERE NOT is_share) END AS of_posts,
        CASE WHEN count(*) FILTER (WHERE is_share) = rows_of_all THEN {last_{direction}} FILTER (WHERE is_share) END AS of_shares
    FROM followed LEFT JOIN of_all ON true GROUP BY rows_of_all
),
-- What of the page lies before that, and the sources that have a reason there, with the post.
cut AS MATERIALIZED (
    {range_{direction} below={below} above={above}}
),
near AS MATERIALIZED (
    SELECT a.source AS id, a.post_id FROM cut JOIN of_all a ON a.position < cut.below AND a.position > cut.above
    WHERE (a.source IN (SELECT id FROM sources)) IS TRUE
),
-- These, if their posts may fill the page; else all sources, and the range of the page.
range AS MATERIALIZED (
    SELECT CASE WHEN is_enough THEN below ELSE {below} END AS below, CASE WHEN is_enough THEN above ELSE {above} END AS above,
        is_whole OR NOT is_enough AS is_whole, is_enough
    FROM cut CROSS JOIN (SELECT count(DISTINCT post_id) >= {limit} AS is_enough FROM near) n
),
active AS (
    SELECT DISTINCT id FROM near WHERE (SELECT is_enough FROM range)
    UNION ALL
    SELECT id FROM sources WHERE NOT (SELECT is_enough FROM range)
),
-- The first reason of each of these, whether it counts or not: none of the source's entries comes before it.
heads AS MATERIALIZED (
    SELECT s.id AS source, r.position, r.post_id
    FROM range CROSS JOIN active s CROSS JOIN LATERAL (
        {reasons of=s.id below=range.below above=range.above limit=1 viewer={viewer} up_to={up_to} snapshots={snapshots}}
        ORDER BY position {direction} LIMIT 1
    ) r
    ORDER BY r.position {direction}
),
reach AS MATERIALIZED (
    {reach_{direction} breadth={breadth}}
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
-- Of the reasons for a post the newest alone may count.
newest AS MATERIALIZED (
    SELECT * FROM (SELECT DISTINCT ON (post_id) position, post_id, sharer_id FROM candidates ORDER BY post_id, position DESC) c
    ORDER BY position {direction}
),
entries AS MATERIALIZED (
    SELECT position, post_id, sharer_id FROM newest r
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
