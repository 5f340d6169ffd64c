-- Inserts the staged posts whose author exists, and counts them.
WITH inserted AS (
    INSERT INTO posts (id, author_id, text, created_at, entities, quoted_post_id, content_warning)
    SELECT n.id, n.author_id, n.text, n.created_at, n.entities, n.quoted_post_id, n.content_warning
    FROM new_posts n JOIN users a ON a.id = n.author_id
    ORDER BY n.id
    RETURNING author_id
), counts AS (
    SELECT author_id AS id, count(*) AS n FROM inserted GROUP BY author_id
), locked AS MATERIALIZED (
    SELECT id FROM users WHERE id IN (SELECT id FROM counts) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE users u SET post_count = u.post_count + c.n
    FROM counts c JOIN locked USING (id) WHERE u.id = c.id
)
SELECT count(*) FROM inserted
