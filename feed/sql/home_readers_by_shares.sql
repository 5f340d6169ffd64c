-- Which of the viewers have posts of an author in their home feeds by others' shares, without following the author: their feeds
-- change as a whole when the author's account becomes private or public, is deleted or restored. Looks at the newest shares of
-- the newest posts; what a feed shows is decided when it is read. $1 numbers and $2 authors; $3 viewers. Rows: the author's
-- number, the viewer.
WITH viewers AS MATERIALIZED (
    SELECT id FROM unnest($3::bigint[]) AS t(id)
), sharers AS MATERIALIZED (
    SELECT DISTINCT c.number, c.author_id, u.id AS user_id, u.follower_count
    FROM unnest($1::int[], $2::bigint[]) AS c(number, author_id)
    CROSS JOIN LATERAL (SELECT id FROM posts WHERE author_id = c.author_id ORDER BY id DESC LIMIT 50) p
    CROSS JOIN LATERAL (SELECT user_id FROM shares WHERE post_id = p.id ORDER BY id DESC LIMIT 5) x
    JOIN users u ON u.id = x.user_id
), readers AS (
    -- Through the followers of a user with few, through the viewers for a user with many.
    SELECT s.number, s.author_id, f.follower_id AS viewer_id
    FROM sharers s
    CROSS JOIN LATERAL (SELECT follower_id FROM follows WHERE followee_id = s.user_id OFFSET 0) f
    -- With IS TRUE the viewers are hashed once and not joined in a loop.
    WHERE s.follower_count <= cardinality($3) AND (f.follower_id IN (SELECT id FROM viewers)) IS TRUE
    UNION
    SELECT s.number, s.author_id, v.id
    FROM sharers s CROSS JOIN viewers v
    WHERE s.follower_count > cardinality($3)
    AND EXISTS (SELECT FROM follows WHERE follower_id = v.id AND followee_id = s.user_id OFFSET 0)
)
SELECT number, viewer_id FROM readers r
WHERE viewer_id <> author_id AND {unblocked user_id=author_id viewer=viewer_id} AND {unmuted user_id=author_id viewer=viewer_id}
AND NOT EXISTS (SELECT FROM follows WHERE follower_id = r.viewer_id AND followee_id = r.author_id OFFSET 0)
