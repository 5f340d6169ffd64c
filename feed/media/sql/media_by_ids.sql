-- The pictures with these keys that the viewer may see: their own, and those on visible posts. $1 viewer, $2 keys.
-- An upload that is not finished is no picture yet.
SELECT {media}
FROM media m LEFT JOIN posts p ON p.id = m.post_id LEFT JOIN users a ON a.id = p.author_id
WHERE m.id = ANY($2::bigint[]) AND m.state <> 'UPLOADING' AND m.removed_at IS NULL
AND (m.owner_id = $1 AND {not_deleted user_id=m.owner_id} OR p.id IS NOT NULL AND {post_visible})
