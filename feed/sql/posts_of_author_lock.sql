-- Locks the newest posts of an author, by key. $1 author, $2 limit.
SELECT id FROM posts
WHERE id = ANY(ARRAY(SELECT id FROM posts WHERE author_id = $1 ORDER BY id DESC LIMIT $2))
ORDER BY id
FOR UPDATE
