-- Writes a comment, or a reply. $1 author, $2 post, $3 comment that it replies to, $4 text, $5 client's key.
-- One row for a post that the author can see: the comment, all null if there is none to reply to.
WITH post AS MATERIALIZED (
    -- Whoever changes which comments a post has holds its row.
    SELECT p.id FROM posts p JOIN users v ON v.id = $1
    WHERE p.id = $2 AND {visible person=p.author_id}
    FOR NO KEY UPDATE OF p
), parent AS MATERIALIZED (
    SELECT c.id FROM comments c
    WHERE EXISTS (SELECT FROM post) AND c.id = $3 AND c.post_id = $2 AND c.deleted_at IS NULL
    AND {visible person=c.author_id}
    FOR NO KEY UPDATE OF c
), made AS (
    INSERT INTO comments (post_id, parent_id, author_id, text)
    SELECT post.id, $3, $1, $4 FROM post WHERE $3::bigint IS NULL OR EXISTS (SELECT FROM parent)
    RETURNING *
), counted_by_post AS (
    UPDATE posts p SET comment_count = p.comment_count + 1 FROM made WHERE p.id = made.post_id
), counted_by_parent AS (
    UPDATE comments c SET reply_count = c.reply_count + 1 FROM made WHERE c.id = made.parent_id
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT 'comment_created', $1, post_id, id, $5 FROM made
)
SELECT {comment} FROM post LEFT JOIN made c ON true LEFT JOIN users a ON a.id = c.author_id
