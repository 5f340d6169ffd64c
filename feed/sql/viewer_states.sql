-- Which of the viewers like and share which of the posts. $1 viewers, $2 posts.
-- One row for each: viewer, post, whether it is a share (else a like).
SELECT user_id, post_id, false FROM post_likes WHERE user_id = ANY($1::bigint[]) AND post_id = ANY($2::bigint[])
UNION ALL
SELECT user_id, post_id, true FROM shares WHERE user_id = ANY($1::bigint[]) AND post_id = ANY($2::bigint[])
