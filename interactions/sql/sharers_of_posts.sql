-- Pages of the users who share posts.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 the viewer if mutes hide, or NULL;
-- unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=$6::bigint}, {list_horizon}
SELECT m.post_id, m.id, {user of=a},
    {snapshot_above position=m.id}
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT * FROM shares m
    WHERE m.post_id = k.id AND m.id < $3 AND m.id > $4
    {unseen key=m.id transaction=m.transaction up_to=$7 snapshots=$8} AND {not_hidden user_id=m.user_id muter=$6::bigint}
    ORDER BY m.id {direction} LIMIT $5
) m
JOIN users a ON a.id = m.user_id
ORDER BY m.id {direction}
