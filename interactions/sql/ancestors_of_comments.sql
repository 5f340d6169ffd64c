-- The nearest comments above others, nearest first, up to a limit for each: the columns of {comment}, then the comment that
-- was asked about. One whose author a block hides is as a tombstone. Empty where the post is hidden.
-- $1 viewer, $2 comments, $3 the ancestor above which to begin, or NULL, $4 limit.
-- variants: anonymous
WITH RECURSIVE above AS (
    SELECT k.id AS below_id, c.parent_id AS id, 1 AS step
    FROM unnest($2::text::bigint[]) AS k(id)
    JOIN comments c ON c.id = coalesce($3::bigint, k.id)
    JOIN posts p ON p.id = c.post_id JOIN users a ON a.id = p.author_id AND {post_visible}
    WHERE c.parent_id IS NOT NULL AND $4 > 0
    UNION ALL
    SELECT a.below_id, c.parent_id, a.step + 1
    FROM above a JOIN comments c ON c.id = a.id
    WHERE c.parent_id IS NOT NULL AND a.step < $4
)
SELECT {comment}, above.below_id
FROM above
CROSS JOIN LATERAL (
    SELECT o.post_id, o.id, o.parent_id, CASE WHEN o.is_shown THEN o.text ELSE '' END AS text, o.created_at,
        CASE WHEN o.is_shown THEN o.like_count ELSE 0 END AS like_count, o.reply_count,
        CASE WHEN o.is_shown THEN o.author_id END AS author_id
    FROM (SELECT *, {visible user_id=comments.author_id} AS is_shown FROM comments WHERE id = above.id OFFSET 0) o
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY above.below_id, above.step
