-- The pictures of posts that the viewer may see, in the order of each post. $1 posts.
SELECT m.post_id, {media}
FROM media m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
WHERE m.post_id = ANY($1::bigint[]) AND m.removed_at IS NULL
ORDER BY m.post_id, m.position
