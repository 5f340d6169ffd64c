-- A page of the hashtags in a snapshot of trends; a row without a hashtag if there is none. $1 only hashtags after this position,
-- or 0 for the first ones of the newest snapshot, $2 limit. A column that is not read, the position, the hashtag; the last
-- column is the snapshot of trends ({trends}).
WITH {trends after=$1}
SELECT NULL, t.position, {hashtag of=t}, trends.id
FROM trends LEFT JOIN LATERAL (
    SELECT t.position, h.* FROM trending_hashtags t JOIN hashtags h ON h.id = t.hashtag_id
    WHERE t.position > greatest($1, trends.id * 1000) AND t.position < (trends.id + 1) * 1000 AND h.post_count > 0
    ORDER BY t.position LIMIT $2
) t ON true
ORDER BY t.position
