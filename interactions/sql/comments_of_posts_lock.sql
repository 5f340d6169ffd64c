-- Locks some comments on posts, by key: replies, newest first, before what they reply to. $1 posts, $2 limit.
SELECT id FROM comments WHERE id = ANY(ARRAY(
    SELECT c.id FROM unnest($1::text::bigint[]) AS k(id)
    CROSS JOIN LATERAL (
        (
            SELECT id FROM comments WHERE post_id = k.id AND parent_id IS NOT NULL
            ORDER BY parent_id DESC, id DESC LIMIT $2
        ) UNION ALL (
            SELECT id FROM comments WHERE post_id = k.id AND parent_id IS NULL LIMIT $2
        )
    ) c
    LIMIT $2
))
ORDER BY id
FOR UPDATE
