-- Which of these comments the viewer likes. $1 viewer, $2 comments.
SELECT comment_id FROM comment_likes WHERE user_id = $1 AND comment_id = ANY($2::bigint[])
