-- Some comments of an author: the post, the comment, and the comment with all above it. $1 author, $2 limit.
WITH RECURSIVE picked AS (
    SELECT id, parent_id, post_id FROM comments WHERE author_id = $1 LIMIT $2
), above AS (
    SELECT id AS comment_id, id, parent_id, post_id FROM picked
    UNION ALL
    SELECT a.comment_id, c.id, c.parent_id, c.post_id FROM above a JOIN comments c ON c.id = a.parent_id
)
SELECT post_id, comment_id, array_agg(id) FROM above GROUP BY post_id, comment_id ORDER BY post_id, comment_id DESC
