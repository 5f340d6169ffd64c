-- Locks posts that are about to be deleted, and those that they quote, by key. $1 posts.
SELECT id FROM posts
WHERE id = ANY($1::bigint[] || ARRAY(SELECT quoted_post_id FROM posts WHERE id = ANY($1::bigint[]) AND quoted_post_id IS NOT NULL))
ORDER BY id FOR UPDATE
