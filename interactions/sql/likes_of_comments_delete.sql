-- Deletes some likes of comments that are about to be deleted and are locked already, without events.
-- $1 comments, $2 limit. Gives the number of likes.
WITH picked AS (
    SELECT m.user_id, m.comment_id FROM unnest($1::text::bigint[]) AS k(id)
    CROSS JOIN LATERAL (SELECT user_id, comment_id FROM comment_likes WHERE comment_id = k.id LIMIT $2) m
    LIMIT $2
), gone AS (
    DELETE FROM comment_likes m USING picked WHERE m.user_id = picked.user_id AND m.comment_id = picked.comment_id
    RETURNING m.comment_id
), counted AS (
    UPDATE comments c SET like_count = c.like_count - n.times
    FROM (SELECT comment_id, count(*)::int AS times FROM gone GROUP BY comment_id) n WHERE c.id = n.comment_id
)
SELECT count(*) FROM gone
