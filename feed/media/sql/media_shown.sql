-- Whether everybody may see a picture that is ready. $1 media.
SELECT {media_public} FROM media m LEFT JOIN posts p ON p.id = m.post_id LEFT JOIN users a ON a.id = p.author_id
WHERE m.id = $1 AND m.state = 'READY' AND m.removed_at IS NULL
