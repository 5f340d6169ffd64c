-- Changes the text of the author's own post. $1 viewer, $2 post, $3 text, $4 client's key, $5 entities.
-- One row for a post that the viewer can see: whether it is the viewer's, the post as it is afterwards, whether this
-- changed it.
WITH seen AS (
    SELECT p.id, p.author_id FROM posts p WHERE p.id = $2 AND {visible user_id=p.author_id}
), changed AS (
    UPDATE posts SET text = $3, edited_at = now(), entities = $5 WHERE id = $2 AND author_id = $1 AND text <> $3 AND {not_deleted user_id=author_id}
    RETURNING *
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id) SELECT 'post_edited', $1, id, $4 FROM changed
)
SELECT seen.author_id = $1, {post}, EXISTS (SELECT FROM changed)
FROM seen
JOIN LATERAL (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM posts WHERE id = seen.id AND NOT EXISTS (SELECT FROM changed)
) p ON true
JOIN users a ON a.id = p.author_id
