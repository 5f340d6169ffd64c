-- Inserts the staged likes of comments whose user and comment exist, once for each pair, and counts them.
WITH inserted AS (
    INSERT INTO comment_likes (user_id, comment_id, created_at)
    SELECT n.user_id, n.comment_id, n.created_at
    FROM new_comment_likes n JOIN users u ON u.id = n.user_id
    JOIN comments c ON c.id = n.comment_id AND c.deleted_at IS NULL
    ORDER BY n.user_id, n.comment_id
    ON CONFLICT DO NOTHING
    RETURNING comment_id
), counts AS (
    SELECT comment_id AS id, count(*) AS n FROM inserted GROUP BY comment_id
), locked AS MATERIALIZED (
    SELECT id FROM comments WHERE id IN (SELECT id FROM counts) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE comments c SET like_count = c.like_count + counts.n
    FROM counts JOIN locked USING (id) WHERE c.id = counts.id
)
SELECT count(*) FROM inserted
