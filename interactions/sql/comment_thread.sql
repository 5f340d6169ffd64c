-- The post of a comment, and the comment with all above it. $1 comment.
WITH RECURSIVE above AS (
    SELECT id, parent_id, post_id FROM comments WHERE id = $1
    UNION ALL
    SELECT c.id, c.parent_id, c.post_id FROM above JOIN comments c ON c.id = above.parent_id
)
SELECT post_id, array_agg(id) FROM above GROUP BY post_id
