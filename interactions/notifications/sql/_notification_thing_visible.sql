-- Whether the recipient of notification n may see what it is about.
-- needs: n (notifications)
((n.post_id IS NULL OR EXISTS (
    SELECT FROM posts p JOIN users a ON a.id = p.author_id
    WHERE p.id = n.post_id AND {post_visible viewer=n.recipient_id} OFFSET 0
)) AND (n.comment_id IS NULL OR EXISTS (
    SELECT FROM comments c WHERE c.id = n.comment_id AND c.deleted_at IS NULL OFFSET 0
)))
