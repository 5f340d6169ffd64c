-- Reasons for which posts stand in the viewer's home feed: own posts, followees' posts and shares, without what
-- blocks and mutes hide. A reason counts if no newer one gives the same post, so entries and posts pair up.
-- $1 viewer, $2 below, $3 above, $4 limit.
-- Accounts that are being deleted are read once: each look at the table costs its opening.
WITH deleted AS MATERIALIZED (
    SELECT ARRAY(SELECT user_id FROM account_deletions) AS ids
),
sources AS MATERIALIZED (
    SELECT $1::bigint AS id
    UNION ALL
    (
        SELECT followee_id FROM follows
        WHERE follower_id = $1 AND (followee_id = ANY((SELECT ids FROM deleted)::bigint[])) IS NOT TRUE
        EXCEPT SELECT muted_id FROM mutes WHERE muter_id = $1
    )
),
-- The first reason of each source, whether it counts or not: none of the source's entries comes before it.
heads AS MATERIALIZED (
    SELECT s.id AS source, r.*
    FROM sources s CROSS JOIN LATERAL (
        {reasons of=s.id below=$2 above=$3 limit=1} ORDER BY position {direction} LIMIT 1
    ) r
    ORDER BY r.position {direction}
),
-- The first $4 of them that count tell how far the page can reach: it takes no entry beyond the last of these.
-- They are asked in order, so most are never asked.
firsts AS MATERIALIZED (
    SELECT position FROM heads r WHERE {reason_counts} ORDER BY position {direction} LIMIT $4
),
reach AS MATERIALIZED (
    {reach_{direction}}
),
entries AS MATERIALIZED (
    SELECT r.*
    FROM reach JOIN heads h ON h.position < reach.below AND h.position > reach.above
    CROSS JOIN LATERAL (
        SELECT * FROM ({reasons of=h.source below=reach.below above=reach.above limit=ALL}) r
        WHERE {reason_counts} ORDER BY position {direction} LIMIT $4
    ) r
    ORDER BY r.position {direction} LIMIT $4
)
