-- Inserts the staged comments whose post, parent and author exist, and counts them.
WITH inserted AS (
    INSERT INTO comments (id, post_id, parent_id, author_id, text, created_at, entities)
    SELECT n.id, n.post_id, n.parent_id, n.author_id, n.text, n.created_at, n.entities
    FROM new_comments n JOIN posts p ON p.id = n.post_id JOIN users a ON a.id = n.author_id
    WHERE n.parent_id IS NULL
        OR EXISTS (SELECT FROM comments WHERE id = n.parent_id)
        OR EXISTS (SELECT FROM new_comments WHERE id = n.parent_id)
    ORDER BY n.id
    RETURNING post_id
), counts AS (
    SELECT post_id AS id, count(*) AS n FROM inserted GROUP BY post_id
), {counts_added table=posts count=comment_count}
SELECT count(*) FROM inserted
