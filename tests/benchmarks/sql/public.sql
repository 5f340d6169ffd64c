-- A page of public posts with their authors. $1 below, $2 limit.
SELECT p.id, p.text, to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), p.like_count, p.comment_count, p.share_count,
    a.id, a.username, a.display_name, a.avatar_url
FROM posts p JOIN users a ON a.id = p.author_id
WHERE p.id < $1 AND p.visibility = 0 AND NOT a.is_private
ORDER BY p.id DESC LIMIT $2
