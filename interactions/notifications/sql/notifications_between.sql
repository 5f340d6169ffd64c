-- Notifications that recipients may be shown or not be shown any more because of a relation to another user: those that the
-- other causes, and those about a post of the other. A follow decides about what is not for everybody, and where the recipient
-- wants a kind only from users whom they follow.
-- $1 recipients, $2 others, $3 whether the relation is a follow: a place for each; $4 how many of the newest of each recipient.
-- A row for each: the key, the recipient.
SELECT DISTINCT n.id, n.recipient_id
FROM unnest($1::bigint[], $2::bigint[], $3::boolean[]) AS k(recipient_id, user_id, is_follow)
CROSS JOIN LATERAL (
    SELECT id, recipient_id, kind, post_id FROM notifications
    WHERE recipient_id = k.recipient_id ORDER BY position DESC LIMIT $4
) n
WHERE EXISTS (
    SELECT FROM notification_actors x WHERE x.notification_id = n.id AND x.actor_id = k.user_id
    AND (NOT k.is_follow OR n.kind = {kind_quote} OR EXISTS (
        SELECT FROM notification_settings s WHERE s.user_id = k.recipient_id AND s.kind = n.kind AND s.allow_from = 1
    ))
) OR EXISTS (
    SELECT FROM posts p JOIN users a ON a.id = p.author_id
    WHERE p.id = n.post_id AND p.author_id = k.user_id AND NOT (k.is_follow AND {post_public})
)
