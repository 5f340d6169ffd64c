-- The posts that users have pinned, as far as the viewer may see them: the user, then the post. $1 viewer, $2 users.
-- variants: anonymous
SELECT k.user_id AS owner_id, {post}
FROM pinned_posts k JOIN posts p ON p.id = k.post_id AND p.author_id = k.user_id JOIN users a ON a.id = p.author_id
WHERE k.user_id = ANY($2::bigint[]) AND {post_visible}
