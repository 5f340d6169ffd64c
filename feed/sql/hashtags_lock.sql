-- Locks the hashtags of posts and others, by key, before the posts' rows of them change. $1 posts, $2 hashtags.
SELECT id FROM hashtags
WHERE id = ANY(ARRAY(SELECT hashtag_id FROM post_hashtags WHERE post_id = ANY($1::bigint[])) || $2::bigint[])
ORDER BY id
FOR NO KEY UPDATE
