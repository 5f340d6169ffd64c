-- Locks what a post by an author quotes, before the post itself: its key is lower. $1 author, $2 post.
SELECT q.id FROM posts p JOIN posts q ON q.id = p.quoted_post_id
WHERE p.id = $2 AND p.author_id = $1
FOR NO KEY UPDATE OF q
