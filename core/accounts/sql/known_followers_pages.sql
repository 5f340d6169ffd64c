-- Pages of the users whom the viewer follows among users' followers, newest follow first; empty if a block or the user's
-- privacy hides them. Through the user's followers or through whom the viewer follows, whichever are fewer.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit, $6 horizon; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT k.id, f.id, {user of=u},
    {snapshot_above position=f.id horizon=$6}
FROM (
    SELECT k.id, o.follower_count <= (SELECT following_count FROM users WHERE id = $1) AS has_few
    FROM unnest($2::text::bigint[]) AS k(id) JOIN users o ON o.id = k.id
    WHERE {not_hidden user_id=k.id muter=NULL::bigint} AND {follows_visible}
) k
CROSS JOIN LATERAL (
    (
        SELECT f.id, f.follower_id FROM follows f
        WHERE k.has_few AND f.followee_id = k.id AND f.id < $3 AND f.id > $4 {unseen key=f.id transaction=f.transaction up_to=$7 snapshots=$8}
        AND EXISTS (SELECT FROM follows v WHERE v.follower_id = $1 AND v.followee_id = f.follower_id OFFSET 0)
        AND {not_hidden user_id=f.follower_id muter=NULL::bigint}
        ORDER BY f.id {direction} LIMIT $5
    ) UNION ALL (
        SELECT f.id, f.follower_id FROM follows v JOIN follows f ON f.follower_id = v.followee_id AND f.followee_id = k.id
        WHERE NOT k.has_few AND v.follower_id = $1 AND f.id < $3 AND f.id > $4 {unseen key=f.id transaction=f.transaction up_to=$7 snapshots=$8}
        AND {not_hidden user_id=f.follower_id muter=NULL::bigint}
        ORDER BY f.id {direction} LIMIT $5
    )
    ORDER BY id {direction} LIMIT $5
) f
JOIN users u ON u.id = f.follower_id
ORDER BY f.id {direction}
