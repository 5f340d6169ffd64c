-- Reports a user that the viewer can see, with a copy of it. $1 viewer, $2 user, $3 reason, $4 comment.
-- One row if the viewer can see it: whether this is the viewer's first report of it, whether it is the viewer's own.
WITH subject AS (
    SELECT u.id, u.id AS author_id, jsonb_build_object(
        'author', u.username, 'display_name', u.display_name, 'bio', u.bio, 'avatar_url', u.avatar_url
    ) AS copy
    FROM users u JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id}
    WHERE u.id = $2 AND {name_visible user_id=u.id}
), created AS (
    INSERT INTO reports (reporter_id, subject_kind, subject_id, author_id, reason, comment, copy)
    SELECT $1, 'user', id, author_id, $3, $4, copy FROM subject WHERE author_id <> $1
    ON CONFLICT (reporter_id, subject_kind, subject_id) DO NOTHING
    RETURNING id
)
SELECT EXISTS (SELECT FROM created), author_id = $1 FROM subject
