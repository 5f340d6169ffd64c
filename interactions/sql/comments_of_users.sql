-- Pages of the comments and replies by users, on posts that the viewer may see; empty if a block hides the user.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit, $6 horizon; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT {comment}, {snapshot_above position=c.id horizon=$6}
FROM (SELECT id FROM unnest($2::text::bigint[]) AS k(id) WHERE {not_hidden user_id=k.id muter=NULL::bigint} OFFSET 0) k
CROSS JOIN LATERAL (
    SELECT {comment_read} FROM comments c JOIN posts p ON p.id = c.post_id JOIN users a ON a.id = p.author_id
    WHERE c.author_id = k.id AND c.id < $3 AND c.id > $4 {unseen key=c.id transaction=c.transaction up_to=$7 snapshots=$8}
    AND {user_not_hidden user=a muter=NULL::bigint} AND {post_readable}
    ORDER BY c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id {direction}
