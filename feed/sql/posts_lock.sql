-- Locks posts that are about to be deleted, by key. $1 posts.
SELECT id FROM posts WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE
