-- Pages of what is said about posts, replies not among it. $1 viewer, $2 posts, $3 below and $4 above for each of them,
-- $5 limit.
SELECT {comment}
FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS k(id, below, above)
CROSS JOIN LATERAL (
    SELECT * FROM comments c
    WHERE c.post_id = k.id AND c.parent_id IS NULL AND c.id < k.below AND c.id > k.above
    AND {visible person=c.author_id}
    -- All are null; naming it lets the index give the order.
    ORDER BY c.parent_id {direction}, c.id {direction} LIMIT $5
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id {direction}
