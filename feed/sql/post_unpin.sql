-- Unpins the viewer's pinned post. $1 viewer. A row if there was one.
DELETE FROM pinned_posts WHERE user_id = $1 RETURNING user_id
