-- Pages of the posts that quote posts, newest first.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 the viewer if mutes hide, or NULL; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=$6::bigint}
SELECT k.id, m.id, NULL::record, {post}, snapshot.now AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN LATERAL (
    SELECT p.id FROM posts p JOIN users a ON a.id = p.author_id
    WHERE p.quoted_post_id = k.id AND p.id < $3 AND p.id > $4 {unseen key=p.id transaction=p.transaction up_to=$7 snapshots=$8}
    AND {user_not_hidden user=a muter=$6::bigint} AND {post_readable}
    ORDER BY p.id {direction} LIMIT $5
) m ON true
LEFT JOIN posts p ON p.id = m.id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY m.id {direction}
