-- Locks some of an author's posts that are public if the account is, the newest first: their keys, in the order in which they are
-- locked. Those without hashtags as well: an edit that goes on may add one. $1 author, $2 only posts below this key, $3 how many.
SELECT id FROM posts
WHERE id = ANY(ARRAY(SELECT id FROM posts WHERE author_id = $1 AND id < $2 AND visibility = 0 ORDER BY id DESC LIMIT $3))
ORDER BY id FOR NO KEY UPDATE
