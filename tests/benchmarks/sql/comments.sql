-- The product's first comments of each post. $1 viewer, $2 posts, $3 how many of each.
SELECT {comment}
FROM unnest($2::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT * FROM comments c
    WHERE c.post_id = k.id AND c.parent_id IS NULL AND {visible user_id=c.author_id}
    ORDER BY c.parent_id DESC, c.id DESC LIMIT $3
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id DESC
