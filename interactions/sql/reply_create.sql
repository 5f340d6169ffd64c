-- Creates a reply. $1 author, $2 post, $3 text, $4 client's key, $5 entities, $6 comment that it replies to.
-- No row if the author can see no such post, or no such comment on it.
WITH seen AS MATERIALIZED (
    -- A writer that adds or removes comments of a post locks its row first, then the comment's.
    SELECT p.id, c.id AS parent_id
    FROM posts p JOIN users a ON a.id = p.author_id JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    JOIN comments c ON c.post_id = p.id
    WHERE p.id = $2 AND c.id = $6 AND c.deleted_at IS NULL
    AND {post_visible} AND {visible user_id=c.author_id}
    FOR NO KEY UPDATE OF p FOR NO KEY UPDATE OF c
), created AS (
    INSERT INTO comments (post_id, parent_id, author_id, text, entities) SELECT id, parent_id, $1, $3, $5 FROM seen
    RETURNING *
), counted_by_parent AS (
    UPDATE comments c SET reply_count = c.reply_count + 1 FROM created WHERE c.id = created.parent_id
), {comment_created key=$4}
SELECT {comment} FROM created c JOIN users a ON a.id = c.author_id
