-- The newest comments on posts, without replies, with their authors. $1 posts, $2 how many of each.
SELECT c.post_id, c.id, c.text, to_char(c.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'),
    a.id, a.username, a.display_name, a.avatar_url
FROM unnest($1::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT * FROM comments c WHERE c.post_id = k.id AND c.parent_id IS NULL ORDER BY c.parent_id DESC, c.id DESC LIMIT $2
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.id DESC
