-- The columns of NotificationRow.
-- needs: n (notifications), i (notification_inboxes: of the recipient), shown (LATERAL {notification_causes}), u (users: the newest actor)
n.id, n.position, n.kind, n.position <= i.seen_through, (n.actor_count - shown.hidden)::int,
    CASE WHEN n.kind = {kind_quote} THEN shown.subject_id ELSE n.post_id END,
    CASE WHEN n.kind IN ({kind_comment}, {kind_reply}) THEN shown.subject_id ELSE n.comment_id END,
    u.display_name
