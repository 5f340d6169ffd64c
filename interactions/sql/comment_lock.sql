-- Locks a post, and then comments on it, by key. $1 post, $2 comments.
SELECT c.id FROM posts p JOIN comments c ON c.post_id = p.id
WHERE p.id = $1 AND c.id = ANY($2::bigint[])
ORDER BY c.id
FOR NO KEY UPDATE OF p FOR UPDATE OF c
