-- Notifications that recipients may be shown or not be shown any more because of a relation to another user: those that the
-- other causes, and those about a post of the other. A follow decides about what is not for everybody, and where the recipient
-- wants a kind only from users whom they follow.
-- $1 recipients, $2 others, $3 whether the relation is a follow: a place for each; $4 how many that the other causes, and how
-- many of the newest of each recipient to look at for posts of the other.
-- A row for each: the key, the recipient.
SELECT DISTINCT found.id, found.recipient_id
FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS k(recipient_id, user_id, is_follow)
CROSS JOIN LATERAL (
    (
        SELECT x.notification_id AS id, x.recipient_id FROM notification_actors x
        WHERE x.actor_id = k.user_id AND x.recipient_id = k.recipient_id
        AND (NOT k.is_follow OR x.kind = {kind_quote} OR EXISTS (
            SELECT FROM notification_settings s WHERE s.user_id = k.recipient_id AND s.kind = x.kind AND s.allow_from = {audience_following} OFFSET 0
        ))
        LIMIT $4
    )
    UNION ALL
    (
        SELECT n.id, n.recipient_id
        FROM (SELECT id, recipient_id, post_id FROM notifications WHERE recipient_id = k.recipient_id ORDER BY position DESC LIMIT $4) n
        CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = n.post_id OFFSET 0) p
        JOIN users a ON a.id = p.author_id
        WHERE p.author_id = k.user_id AND NOT (k.is_follow AND {post_public})
    )
) found
