-- Notifications that recipients may be shown or not be shown any more because of a change of another user's account: those about
-- its posts, those that its quotes cause and, where the whole account is hidden or shown, those that it causes otherwise.
-- $1 users, $2 whether it is the whole account: a place for each; $3 limit for each of these, and of the newest posts.
-- A row for each: the key, the recipient.
SELECT DISTINCT found.id, found.recipient_id
FROM unnest($1::bigint[], $2::boolean[]) AS k(user_id, is_whole)
CROSS JOIN LATERAL (
    (
        SELECT notification_id AS id, recipient_id FROM notification_actors
        WHERE k.is_whole AND actor_id = k.user_id LIMIT $3
    )
    UNION ALL
    (
        SELECT n.id, n.recipient_id
        FROM (SELECT id FROM posts WHERE author_id = k.user_id ORDER BY id DESC LIMIT $3) p
        CROSS JOIN LATERAL (
            (SELECT id, recipient_id FROM notifications WHERE post_id = p.id AND recipient_id <> k.user_id LIMIT $3)
            UNION ALL
            (
                SELECT notification_id, recipient_id FROM notification_actors
                WHERE subject_id = p.id AND subject_id > 0 AND recipient_id <> k.user_id LIMIT $3
            )
        ) n
        LIMIT $3
    )
) found
