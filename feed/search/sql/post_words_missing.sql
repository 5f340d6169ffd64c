-- Some posts, the newest first: key, author, text, whether they have words. $1 only posts below this key, $2 how many.
SELECT id, author_id, text, EXISTS (SELECT FROM post_words WHERE post_id = id OFFSET 0)
FROM posts WHERE id < $1 ORDER BY id DESC LIMIT $2
