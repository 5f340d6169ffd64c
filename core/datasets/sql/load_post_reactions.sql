-- Inserts the staged reactions whose user and post exist, once for each pair, and counts them.
-- parameters: table, count
WITH inserted AS (
    INSERT INTO {table} (id, user_id, post_id, created_at)
    SELECT n.id, n.user_id, n.post_id, n.created_at
    FROM new_{table} n JOIN users u ON u.id = n.user_id JOIN posts p ON p.id = n.post_id
    ORDER BY n.id
    ON CONFLICT DO NOTHING
    RETURNING post_id
), counts AS (
    SELECT post_id AS id, count(*) AS n FROM inserted GROUP BY post_id
), {counts_added table=posts count={count}}
SELECT count(*) FROM inserted
