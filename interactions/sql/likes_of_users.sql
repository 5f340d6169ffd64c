-- Pages of the posts that users like, the newest like first.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=NULL::bigint}
SELECT k.id, m.id, NULL::record, {post}, snapshot.now
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN LATERAL (
    SELECT m.id, m.post_id FROM post_likes m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
    WHERE m.user_id = k.id AND m.id < $3 AND m.id > $4 {unseen key=m.id transaction=m.transaction}
    AND {not_hidden user_id=p.author_id muter=NULL::bigint} AND {post_readable}
    ORDER BY m.id {direction} LIMIT $5
) m ON true
LEFT JOIN posts p ON p.id = m.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY m.id {direction}
