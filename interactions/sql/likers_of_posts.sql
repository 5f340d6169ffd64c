-- Pages of the people who like posts. $1 viewer, $2 posts, $3 below and $4 above for each of them, $5 limit.
SELECT m.post_id, m.id, {user of=a}
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS k(id, below, above)
CROSS JOIN LATERAL (
    SELECT * FROM post_likes m
    WHERE m.post_id = k.id AND m.id < k.below AND m.id > k.above AND {visible person=m.user_id}
    ORDER BY m.id {direction} LIMIT $5
) m
JOIN users a ON a.id = m.user_id
ORDER BY m.id {direction}
