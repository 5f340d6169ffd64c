-- Unpins the viewer's pinned post. $1 viewer. A row if there was one: a deleted post stays pinned until it is erased.
WITH unpinned AS (
    DELETE FROM pinned_posts WHERE user_id = $1 RETURNING user_id, post_id
)
SELECT k.user_id FROM unpinned k JOIN posts p ON p.id = k.post_id AND p.author_id = k.user_id
