-- Which actors notifications count without a row: those with a comment or quoting post from before the notification's oldest
-- row and after what the notification before it has; at the earliest from a day before it, the retention of the log. Of each
-- actor a thousand are looked at. $1 notifications, $2 actors: a place for each. Rows: the notification, the actor.
SELECT n.id, k.actor_id
FROM unnest($1::text::bigint[], $2::text::bigint[]) AS k(notification_id, actor_id)
CROSS JOIN LATERAL (SELECT * FROM notifications WHERE id = k.notification_id OFFSET 0) n
CROSS JOIN LATERAL (SELECT subject_id FROM notification_actors WHERE notification_id = n.id ORDER BY id LIMIT 1) oldest
CROSS JOIN LATERAL (
    SELECT greatest(n.id - (86400000::bigint << 22), (
        SELECT subject_id FROM notification_actors WHERE notification_id = (
            SELECT id FROM notifications
            WHERE recipient_id = n.recipient_id AND thing_id = n.thing_id AND kind = n.kind AND id < n.id
            ORDER BY id DESC LIMIT 1
        )
        ORDER BY id DESC LIMIT 1
    )) AS key
) before
WHERE CASE WHEN n.kind = {kind_quote} THEN EXISTS (
    SELECT FROM (
        SELECT quoted_post_id FROM posts WHERE author_id = k.actor_id AND id > before.key AND id < oldest.subject_id ORDER BY id DESC LIMIT 1000
    ) p WHERE p.quoted_post_id = n.thing_id OFFSET 0
) ELSE EXISTS (
    SELECT FROM (
        SELECT post_id, parent_id FROM comments WHERE author_id = k.actor_id AND id > before.key AND id < oldest.subject_id
        ORDER BY id DESC LIMIT 1000
    ) c LEFT JOIN comments r ON r.id = c.parent_id
    WHERE CASE WHEN n.kind = {kind_reply} THEN c.parent_id = n.thing_id
        -- Replies to the recipient are notifications of their own.
        ELSE c.post_id = n.thing_id AND r.author_id IS DISTINCT FROM n.recipient_id
    END OFFSET 0
) END
