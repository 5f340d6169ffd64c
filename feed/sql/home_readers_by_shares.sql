-- Which of the viewers have posts of an author in their home feeds by others' shares, without following the author: their feeds
-- change as a whole when the author's account becomes private or public, is deleted or restored, and one viewer's when the
-- author blocks them or ends that. What a feed shows is decided when it is read. Misses nobody: where an author has more
-- posts or shares than are looked at, or the sharers more followers, all these viewers count as readers.
-- $1 numbers, $2 authors, $3 the viewer whom the author blocks or blocked, or null, $4 the transactions of the blocks;
-- $5 viewers; $6 how many posts and shares of each author to look at, and a tenth of how many followers.
-- Rows: an author's number, the viewer; of a viewer's numbers the highest.
WITH viewers AS MATERIALIZED (
    SELECT id FROM unnest($5::bigint[]) AS t(id)
), changed AS MATERIALIZED (
    SELECT * FROM unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[]) AS c(number, author_id, blocked_id, transaction)
), shared AS MATERIALIZED (
    SELECT c.number, x.user_id FROM changed c CROSS JOIN LATERAL (
        SELECT s.user_id FROM (SELECT id FROM posts WHERE author_id = c.author_id ORDER BY id DESC LIMIT $6) p
        CROSS JOIN LATERAL (SELECT user_id FROM shares WHERE post_id = p.id OFFSET 0) s
        LIMIT $6
    ) x
), sharers AS MATERIALIZED (
    SELECT s.number, c.blocked_id, u.id AS user_id, u.follower_count
    FROM (SELECT DISTINCT number, user_id FROM shared) s JOIN changed c ON c.number = s.number JOIN users u ON u.id = s.user_id
), large AS MATERIALIZED (
    SELECT c.number, c.blocked_id FROM changed c
    LEFT JOIN (SELECT number, count(*) AS shares FROM shared GROUP BY number) x ON x.number = c.number
    LEFT JOIN (SELECT number, sum(least(follower_count, cardinality($5))) AS followers FROM sharers GROUP BY number) f ON f.number = c.number
    WHERE (SELECT count(*) FROM (SELECT FROM posts WHERE author_id = c.author_id LIMIT $6) p) = $6
    OR x.shares = $6 OR (c.blocked_id IS NULL AND f.followers > 10 * $6)
), larges AS MATERIALIZED (
    SELECT count(*) > 3 AS are_many FROM large WHERE blocked_id IS NULL
), followed AS MATERIALIZED (
    SELECT * FROM sharers WHERE number NOT IN (SELECT number FROM large)
), readers AS (
    -- Through the followers of a user with few, through the viewers for a user with many.
    SELECT s.number, f.follower_id AS viewer_id
    FROM followed s
    CROSS JOIN LATERAL (SELECT follower_id FROM follows WHERE followee_id = s.user_id OFFSET 0) f
    -- With IS TRUE the viewers are hashed once and not joined in a loop.
    WHERE s.blocked_id IS NULL AND s.follower_count <= cardinality($5) AND (f.follower_id IN (SELECT id FROM viewers)) IS TRUE
    UNION
    SELECT s.number, v.id
    FROM followed s CROSS JOIN viewers v
    WHERE s.blocked_id IS NULL AND s.follower_count > cardinality($5)
    AND EXISTS (SELECT FROM follows WHERE follower_id = v.id AND followee_id = s.user_id OFFSET 0)
    UNION
    SELECT s.number, s.blocked_id FROM followed s
    WHERE s.blocked_id IS NOT NULL
    AND EXISTS (SELECT FROM follows WHERE follower_id = s.blocked_id AND followee_id = s.user_id OFFSET 0)
    UNION
    -- The end of a share is not delivered to whom a block hides the post, so it counts until the block has been delivered.
    SELECT c.number, c.blocked_id
    FROM (SELECT blocked_id, min(transaction) AS since FROM changed WHERE blocked_id IS NOT NULL GROUP BY blocked_id) b
    CROSS JOIN LATERAL (SELECT followee_id FROM follows WHERE follower_id = b.blocked_id OFFSET 0) f
    CROSS JOIN LATERAL (
        SELECT post_id, transaction FROM events
        WHERE actor_id = f.followee_id AND kind = 'post_unshared' AND kind IN {home_events} AND transaction >= b.since OFFSET 0
    ) e
    JOIN posts p ON p.id = e.post_id
    JOIN changed c ON c.blocked_id = b.blocked_id AND c.author_id = p.author_id AND e.transaction >= c.transaction
    UNION
    SELECT number, blocked_id FROM large WHERE blocked_id IS NOT NULL
    UNION
    SELECT l.number, v.id
    FROM (
        SELECT number FROM large WHERE blocked_id IS NULL ORDER BY number DESC LIMIT (SELECT CASE WHEN are_many THEN 1 ELSE 3 END FROM larges)
    ) l CROSS JOIN viewers v
)
SELECT max(r.number), r.viewer_id
FROM readers r JOIN changed c ON c.number = r.number
-- Of more than three such authors at once, all viewers count as readers of the newest.
WHERE (SELECT are_many FROM larges) OR (
    r.viewer_id <> c.author_id AND {unmuted user_id=c.author_id viewer=r.viewer_id}
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = r.viewer_id AND blocked_id = c.author_id OFFSET 0)
    AND (c.blocked_id IS NOT NULL OR (
        NOT EXISTS (SELECT FROM blocks WHERE blocker_id = c.author_id AND blocked_id = r.viewer_id OFFSET 0)
        AND NOT EXISTS (SELECT FROM follows WHERE follower_id = r.viewer_id AND followee_id = c.author_id OFFSET 0)
    ))
)
GROUP BY r.viewer_id
