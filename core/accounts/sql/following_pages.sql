-- Pages of whom people follow, newest first. $1 viewer, $2 people, $3 below and $4 above for each of them, $5 limit.
SELECT k.id, f.id, {user of=u}
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS k(id, below, above)
CROSS JOIN LATERAL (
    SELECT f.id, f.followee_id FROM follows f
    WHERE f.follower_id = k.id AND f.id < k.below AND f.id > k.above AND {visible person=f.followee_id}
    ORDER BY f.id {direction} LIMIT $5
) f
JOIN users u ON u.id = f.followee_id
ORDER BY f.id {direction}
