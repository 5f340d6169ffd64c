-- What hangs on deleted comments and posts. $1 comments, $2 their authors, $3 posts, $4 limit of notifications of posts.
-- A row for each notification about one of them, and for each cause that is one of them: the notification, the recipient, and of a
-- cause the actor and the comment or post, else nulls.
(
    SELECT n.id, n.recipient_id, NULL::bigint, NULL::bigint
    FROM unnest($3::bigint[]) AS k(id) CROSS JOIN LATERAL (
        SELECT id, recipient_id FROM notifications WHERE post_id = k.id LIMIT $4
    ) n
    LIMIT $4
)
UNION ALL
SELECT n.id, n.recipient_id, NULL, NULL
FROM unnest($1::bigint[], $2::bigint[]) AS k(id, author_id)
CROSS JOIN LATERAL (
    SELECT id, recipient_id FROM notifications WHERE recipient_id = k.author_id AND thing_id = k.id AND kind = {kind_like} OFFSET 0
) n
UNION ALL
SELECT x.notification_id, x.recipient_id, x.actor_id, x.subject_id
FROM notification_actors x WHERE x.subject_id = ANY($1::bigint[] || $3::bigint[]) AND x.subject_id > 0
