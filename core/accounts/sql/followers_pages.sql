-- Pages of users' followers, newest follow first; empty if a block or the user's privacy hides them.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit, $6 horizon; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT k.id, f.id, {user of=u},
    {snapshot_above position=f.id horizon=$6}
FROM (
    SELECT k.id FROM unnest($2::text::bigint[]) AS k(id) JOIN users o ON o.id = k.id
    WHERE {not_hidden user_id=k.id muter=NULL::bigint} AND {follows_visible}
) k
CROSS JOIN LATERAL (
    SELECT f.id, f.follower_id FROM follows f
    WHERE f.followee_id = k.id AND f.id < $3 AND f.id > $4 {unseen key=f.id transaction=f.transaction up_to=$7 snapshots=$8} AND {not_hidden user_id=f.follower_id muter=NULL::bigint}
    ORDER BY f.id {direction} LIMIT $5
) f
JOIN users u ON u.id = f.follower_id
ORDER BY f.id {direction}
