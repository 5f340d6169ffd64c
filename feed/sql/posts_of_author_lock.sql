-- Locks the newest posts of an author and those that they quote, by key. $1 author, $2 limit. One row for each: the post,
-- whether it is one of the newest of the author.
WITH newest AS MATERIALIZED (
    SELECT id, quoted_post_id FROM posts WHERE author_id = $1 ORDER BY id DESC LIMIT $2
)
SELECT p.id, p.id = ANY(ARRAY(SELECT id FROM newest)) FROM posts p
WHERE p.id = ANY(ARRAY(SELECT id FROM newest UNION SELECT quoted_post_id FROM newest WHERE quoted_post_id IS NOT NULL))
ORDER BY p.id
FOR UPDATE OF p
