-- Locks a post if it is by this author. $1 author, $2 post.
SELECT id FROM posts WHERE id = $2 AND author_id = $1 FOR NO KEY UPDATE
