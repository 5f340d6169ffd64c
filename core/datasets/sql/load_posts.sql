-- Inserts the staged posts whose author exists, and counts them.
WITH inserted AS (
    INSERT INTO posts (id, author_id, text, created_at, entities, quoted_post_id, content_warning)
    SELECT n.id, n.author_id, n.text, n.created_at, n.entities, n.quoted_post_id, n.content_warning
    FROM new_posts n JOIN users a ON a.id = n.author_id
    ORDER BY n.id
    RETURNING author_id
), counts AS (
    SELECT author_id AS id, count(*) AS n FROM inserted GROUP BY author_id
), {counts_added table=users count=post_count}
SELECT count(*) FROM inserted
