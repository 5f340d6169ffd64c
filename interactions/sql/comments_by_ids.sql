-- The comments with these keys that the viewer may see. $1 viewer, $2 keys.
-- variants: anonymous
SELECT {comment}
FROM comments c JOIN posts p ON p.id = c.post_id JOIN users o ON o.id = p.author_id LEFT JOIN users a ON a.id = c.author_id
WHERE c.id = ANY($2::bigint[]) AND {comment_visible}
