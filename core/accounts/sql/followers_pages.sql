-- Pages of who follows people, newest first. $1 viewer, $2 people, $3 below and $4 above for each of them, $5 limit.
SELECT k.id, f.id, {user of=u}
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS k(id, below, above)
CROSS JOIN LATERAL (
    SELECT f.id, f.follower_id FROM follows f
    WHERE f.followee_id = k.id AND f.id < k.below AND f.id > k.above AND {visible person=f.follower_id}
    ORDER BY f.id {direction} LIMIT $5
) f
JOIN users u ON u.id = f.follower_id
ORDER BY f.id {direction}
