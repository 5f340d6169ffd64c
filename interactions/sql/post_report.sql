-- Reports a post that the viewer can see, with a copy of it. $1 viewer, $2 post, $3 reason, $4 comment.
-- One row if the viewer can see it: whether this is the viewer's first report of it, whether it is the viewer's own.
WITH subject AS (
    SELECT p.id, p.author_id, jsonb_build_object(
        'author', a.username, 'text', p.text, 'created_at', p.created_at, 'edited_at', p.edited_at
    ) AS copy
    FROM posts p JOIN users a ON a.id = p.author_id JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    WHERE p.id = $2 AND {post_visible}
), created AS (
    INSERT INTO reports (reporter_id, subject_kind, subject_id, author_id, reason, comment, copy)
    SELECT $1, 'post', id, author_id, $3, $4, copy FROM subject WHERE author_id <> $1
    ON CONFLICT (reporter_id, subject_kind, subject_id) DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT FROM created), author_id = $1 FROM subject
