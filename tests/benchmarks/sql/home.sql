-- A page of a home feed with authors: posts and shares by the viewer's followees and own posts, each post where the newest
-- share by a followee puts it. $1 viewer, $2 limit.
WITH sources AS MATERIALIZED (
    SELECT $1::bigint AS id UNION ALL SELECT followee_id FROM follows WHERE follower_id = $1
),
heads AS MATERIALIZED (
    SELECT s.id, greatest(
        (SELECT id FROM posts WHERE author_id = s.id ORDER BY id DESC LIMIT 1),
        (SELECT id FROM shares WHERE user_id = s.id AND user_id <> $1 ORDER BY id DESC LIMIT 1)
    ) AS position
    FROM sources s
),
-- A head that a newer share by another followee replaces does not count, hence the margin.
reach AS MATERIALIZED (
    SELECT coalesce((SELECT position FROM heads WHERE position IS NOT NULL ORDER BY position DESC OFFSET 3 * $2::int LIMIT 1), 0) AS above
),
reasons AS MATERIALIZED (
    SELECT r.* FROM reach JOIN heads h ON h.position >= reach.above
    CROSS JOIN LATERAL (
        (SELECT id AS position, id AS post_id, NULL::bigint AS sharer_id FROM posts
            WHERE author_id = h.id AND id >= reach.above ORDER BY id DESC LIMIT 2 * $2::int)
        UNION ALL
        (SELECT id, post_id, user_id FROM shares
            WHERE user_id = h.id AND user_id <> $1 AND id >= reach.above ORDER BY id DESC LIMIT 2 * $2::int)
    ) r
),
entries AS MATERIALIZED (
    SELECT max(position) AS position, post_id FROM reasons GROUP BY post_id ORDER BY 1 DESC LIMIT $2
)
SELECT p.id, p.text, to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), p.like_count, p.comment_count, p.share_count,
    a.id, a.username, a.display_name, a.avatar_url, e.position,
    EXISTS (SELECT FROM post_likes WHERE user_id = $1 AND post_id = p.id OFFSET 0),
    EXISTS (SELECT FROM shares WHERE user_id = $1 AND post_id = p.id OFFSET 0),
    sharer.id, sharer.username, sharer.display_name, sharer.avatar_url
FROM entries e
JOIN posts p ON p.id = e.post_id
JOIN users a ON a.id = p.author_id
LEFT JOIN shares s ON s.post_id = e.post_id AND s.id = e.position
LEFT JOIN users sharer ON sharer.id = s.user_id
ORDER BY e.position DESC
