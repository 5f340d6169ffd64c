-- Locks the post of a comment: whoever changes which comments a post has holds its row. $1 comment.
SELECT p.id FROM comments c JOIN posts p ON p.id = c.post_id WHERE c.id = $1 FOR NO KEY UPDATE OF p
