-- Whether the recipient of notification n is shown the cause x of it: its actor by the rule, and the comment or the quoting
-- post if that is what the actor did.
-- needs: n (notifications), x (notification_actors)
({notification_allowed recipient=n.recipient_id actor=x.actor_id kind=n.kind} AND CASE
    WHEN n.kind IN ({kind_comment}, {kind_reply}) THEN
        EXISTS (SELECT FROM comments c WHERE c.id = x.subject_id AND c.deleted_at IS NULL OFFSET 0)
    WHEN n.kind = {kind_quote} THEN EXISTS (
        SELECT FROM posts p JOIN users a ON a.id = p.author_id
        WHERE p.id = x.subject_id AND {post_visible viewer=n.recipient_id} OFFSET 0
    )
    ELSE true
END)
