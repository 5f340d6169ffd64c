-- Some comments that a user likes. $1 user, $2 limit.
SELECT comment_id FROM comment_likes WHERE user_id = $1 ORDER BY comment_id LIMIT $2
