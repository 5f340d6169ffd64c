-- Inserts the staged pins of users' own posts that exist, one for each user.
WITH inserted AS (
    INSERT INTO pinned_posts (user_id, post_id)
    SELECT n.user_id, n.post_id FROM new_pinned_posts n JOIN posts p ON p.id = n.post_id AND p.author_id = n.user_id
    ORDER BY n.user_id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM inserted
