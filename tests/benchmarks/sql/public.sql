-- The product's page of everybody's posts, without a snapshot. $1 viewer, $2 below, $3 above, $4 limit.
SELECT p.id, {post}
FROM (
    SELECT * FROM posts p
    WHERE p.id < $2 AND p.id > $3 AND {visible user_id=p.author_id} AND {unmuted user_id=p.author_id}
    ORDER BY p.id DESC LIMIT $4
) p
JOIN users a ON a.id = p.author_id
ORDER BY p.id DESC
