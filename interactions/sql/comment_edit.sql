-- Changes the text of the viewer's own comment. $1 viewer, $2 comment, $3 text, $4 client's key, $5 entities.
-- One row for a comment, not a tombstone, that the viewer can see on a post that they can see: whether it is the viewer's,
-- then the comment as it is afterwards.
WITH seen AS (
    SELECT c.id, c.author_id FROM comments c JOIN posts p ON p.id = c.post_id JOIN users a ON a.id = p.author_id
    WHERE c.id = $2 AND c.deleted_at IS NULL AND {post_visible} AND {visible user_id=c.author_id}
), changed AS (
    UPDATE comments c SET text = $3, entities = $5, edited_at = now()
    WHERE c.id = $2 AND c.author_id = $1 AND c.deleted_at IS NULL AND c.text <> $3 AND EXISTS (SELECT FROM seen)
    RETURNING *
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT 'comment_edited', $1, post_id, id, $4 FROM changed
)
SELECT seen.author_id = $1, {comment}
FROM seen
JOIN LATERAL (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM comments WHERE id = seen.id AND NOT EXISTS (SELECT FROM changed)
) c ON true
JOIN users a ON a.id = c.author_id
