-- Reports a comment that the viewer can see, with a copy of it. $1 viewer, $2 comment, $3 reason, $4 comment.
-- One row if the viewer can see it: whether this is the viewer's first report of it, whether it is the viewer's own.
WITH subject AS (
    SELECT c.id, c.author_id, jsonb_build_object(
        'author', a.username, 'text', c.text, 'created_at', c.created_at, 'post', c.post_id
    ) AS copy
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users o ON o.id = p.author_id JOIN users a ON a.id = c.author_id
    JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    WHERE c.id = $2 AND c.deleted_at IS NULL AND {comment_visible}
), created AS (
    INSERT INTO reports (reporter_id, subject_kind, subject_id, author_id, reason, comment, copy)
    SELECT $1, 'comment', id, author_id, $3, $4, copy FROM subject WHERE author_id <> $1
    ON CONFLICT (reporter_id, subject_kind, subject_id) DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT FROM created), author_id = $1 FROM subject
