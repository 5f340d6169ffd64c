-- Locks some posts with hashtags, the newest first: their keys, in the order in which they are locked. $1 only posts below this key,
-- $2 how many hashtags of posts are looked at.
SELECT id FROM posts
WHERE id = ANY(ARRAY(SELECT post_id FROM post_hashtags WHERE post_id < $1 ORDER BY post_id DESC LIMIT $2))
ORDER BY id FOR NO KEY UPDATE
