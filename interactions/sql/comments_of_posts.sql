-- Pages of the comments on posts, without replies; the rows are in no order.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 horizon, $7 the viewer if mutes hide, or NULL;
-- unseen: $8 keys, $9 snapshots.
-- variants: anonymous
-- joint: bigint, text, bigint, bigint, bigint, bigint, bigint
WITH {hidden muter=$7::bigint}
SELECT {comment},
    {snapshot_above position=c.id horizon=$6}
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT {comment_read} FROM comments c
    WHERE c.post_id = k.id AND c.parent_id IS NULL AND c.id < $3 AND c.id > $4
    {unseen key=c.id transaction=c.transaction up_to=$8 snapshots=$9}
    AND {not_hidden user_id=c.author_id muter=$7::bigint}
    ORDER BY c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
