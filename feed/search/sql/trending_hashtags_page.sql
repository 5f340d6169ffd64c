-- A page of the hashtags in a snapshot of trends of which the viewer may see a post; a row without a hashtag if there is none.
-- $1 viewer, $2 only hashtags after this position, or 0 for the first ones of the newest snapshot, $3 limit. A column that is not
-- read, the position, the hashtag; the last column is the snapshot of trends ({trends}).
-- variants: anonymous
WITH {hidden muter=NULL::bigint}, {trends after=$2}
SELECT NULL, t.position, {hashtag of=t}, trends.id
FROM trends LEFT JOIN LATERAL (
    SELECT t.position, h.* FROM trending_hashtags t JOIN hashtags h ON h.id = t.hashtag_id
    WHERE t.position > greatest($2, trends.id * 1000) AND t.position < (trends.id + 1) * 1000 AND {hashtag_shown}
    ORDER BY t.position LIMIT $3
) t ON true
ORDER BY t.position
