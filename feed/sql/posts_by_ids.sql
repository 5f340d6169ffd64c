-- The posts with these keys that the viewer may see. $1 viewer, $2 keys.
-- variants: anonymous
SELECT {post}
FROM posts p JOIN users a ON a.id = p.author_id
WHERE p.id = ANY($2::bigint[]) AND {post_visible}
