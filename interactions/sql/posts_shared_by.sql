-- The posts that a user has shared last. $1 user, $2 limit.
SELECT post_id FROM shares WHERE user_id = $1 ORDER BY id DESC LIMIT $2
