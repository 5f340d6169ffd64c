-- Reasons for which posts stand in the viewer's home feed: own posts, followees' posts and shares, without what
-- blocks and mutes hide. A reason counts if no newer one gives the same post, so entries and posts pair up.
-- $1 viewer, $2 below, $3 above, $4 limit.
WITH sources AS MATERIALIZED (
    SELECT $1::bigint AS id
    UNION ALL
    SELECT followee_id FROM follows WHERE follower_id = $1 AND {unmuted person=followee_id}
),
-- The first entry of each source tells how far the page can reach: it takes no entry beyond the last of the first $4.
firsts AS MATERIALIZED (
    SELECT s.id AS source, {extreme_{direction}}(posted.position, shared.position) AS position
    FROM sources s
    LEFT JOIN LATERAL ({posted of=s.id below=$2 above=$3 limit=1}) posted ON true
    LEFT JOIN LATERAL ({shared of=s.id below=$2 above=$3 limit=1}) shared ON true
    WHERE posted.position IS NOT NULL OR shared.position IS NOT NULL
    ORDER BY 2 {direction} LIMIT $4
),
reach AS MATERIALIZED (
    {reach_{direction}}
),
entries AS MATERIALIZED (
    SELECT reason.*
    FROM firsts f CROSS JOIN reach r CROSS JOIN LATERAL (
        ({posted of=f.source below=r.below above=r.above limit=$4})
        UNION ALL
        ({shared of=f.source below=r.below above=r.above limit=$4})
    ) reason
    ORDER BY reason.position {direction} LIMIT $4
)
