-- Creates a comment. $1 author, $2 post, $3 text, $4 client's key, $5 entities. No row if the author can see no such post.
WITH seen AS MATERIALIZED (
    -- A writer that adds or removes comments of a post locks its row.
    SELECT p.id FROM posts p JOIN users a ON a.id = p.author_id JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    WHERE p.id = $2 AND {post_visible}
    FOR NO KEY UPDATE OF p
), created AS (
    INSERT INTO comments (post_id, author_id, text, entities) SELECT id, $1, $3, $5 FROM seen RETURNING *
), {comment_created key=$4}
SELECT {comment} FROM created c JOIN users a ON a.id = c.author_id
