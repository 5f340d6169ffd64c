-- Pages of hashtags' posts, newest first. $1 viewer, $2 hashtags, $3 below, $4 above, $5 limit; unseen: $6 keys, $7 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT k.id, m.post_id, NULL::record, {post}, snapshot.now AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN LATERAL (
    SELECT m.post_id FROM post_hashtags m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
    -- Bounds of posts alone would make the index of all posts with hashtags look good, in which a rare hashtag is far to find.
    WHERE m.hashtag_id = k.id AND (m.hashtag_id, m.post_id) < (k.id, $3) AND (m.hashtag_id, m.post_id) > (k.id, $4) {unseen key=m.post_id transaction=m.transaction}
    AND {user_not_hidden user=a muter=NULL::bigint} AND {post_readable}
    ORDER BY m.post_id {direction} LIMIT $5
) m ON true
LEFT JOIN posts p ON p.id = m.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY m.post_id {direction}
