-- Deletes some shares of posts that are about to be deleted and are locked already, without events. $1 posts, $2 limit.
-- Gives the number of shares.
WITH picked AS (
    SELECT m.user_id, m.post_id FROM unnest($1::text::bigint[]) AS k(id)
    CROSS JOIN LATERAL (SELECT user_id, post_id FROM shares WHERE post_id = k.id LIMIT $2) m
    LIMIT $2
), gone AS (
    DELETE FROM shares m USING picked WHERE m.user_id = picked.user_id AND m.post_id = picked.post_id
    RETURNING m.post_id
), counted AS (
    UPDATE posts p SET share_count = p.share_count - n.times
    FROM (SELECT post_id, count(*)::int AS times FROM gone GROUP BY post_id) n WHERE p.id = n.post_id
)
SELECT count(*) FROM gone
