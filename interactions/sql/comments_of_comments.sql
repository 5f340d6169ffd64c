-- Pages of direct replies. $1 viewer, $2 comments, $3 below and $4 above for each of them, $5 limit.
SELECT {comment}
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS k(id, below, above)
CROSS JOIN LATERAL (
    SELECT * FROM comments c
    WHERE c.parent_id = k.id AND c.id < k.below AND c.id > k.above AND {visible person=c.author_id}
    ORDER BY c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id {direction}
