-- Pages of direct replies; empty for the viewer's own comment on a post that they may not see. Whether other comments are
-- visible has been decided with their posts.
-- $1 viewer, $2 comments, $3 below, $4 above, $5 limit, $6 horizon, $7 the viewer if mutes hide, or NULL;
-- unseen: $8 keys, $9 snapshots.
-- variants: anonymous
WITH {hidden muter=$7::bigint}
SELECT {comment},
    {snapshot_above position=c.id horizon=$6}
FROM (
    SELECT id FROM unnest($2::text::bigint[]) AS k(id)
    WHERE NOT EXISTS (
        SELECT FROM comments o JOIN posts p ON p.id = o.post_id JOIN users a ON a.id = p.author_id
        WHERE o.id = k.id AND o.author_id = $1 AND NOT ({post_visible}) OFFSET 0
    )
) k
CROSS JOIN LATERAL (
    SELECT {comment_read} FROM comments c
    WHERE c.parent_id = k.id AND c.id < $3 AND c.id > $4
    {unseen key=c.id transaction=c.transaction up_to=$8 snapshots=$9} AND {not_hidden user_id=c.author_id muter=$7::bigint}
    ORDER BY c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id {direction}
