-- A page of everybody's posts with their authors. $1 below, $2 limit.
SELECT p.id, p.text, to_char(p.created_at, 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), p.like_count, p.comment_count, p.share_count,
    a.id, a.username, a.display_name, a.avatar_url
FROM (SELECT * FROM posts WHERE id < $1 ORDER BY id DESC LIMIT $2) p
JOIN users a ON a.id = p.author_id
ORDER BY p.id DESC
