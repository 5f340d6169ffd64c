-- Pages of direct replies. $1 viewer, $2 comments, $3 below, $4 above, $5 limit.
SELECT {comment}
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT * FROM comments c
    WHERE c.parent_id = k.id AND c.id < $3 AND c.id > $4 AND {visible person=c.author_id}
    ORDER BY c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id {direction}
