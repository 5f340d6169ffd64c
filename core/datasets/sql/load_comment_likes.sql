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
), {counts_added table=comments count=like_count}
SELECT count(*) FROM inserted
