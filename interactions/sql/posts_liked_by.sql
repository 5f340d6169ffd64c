-- Some posts that a user likes. $1 user, $2 limit.
SELECT post_id FROM post_likes WHERE user_id = $1 ORDER BY post_id LIMIT $2
