-- Further columns of comments that the viewer may see: the key, {segments}, then those of CommentDetailRow. $1 viewer,
-- $2 comments.
-- variants: anonymous
SELECT c.id, {segments of=c}, {moment of=c.edited_at} AS edited_at
FROM comments c JOIN posts p ON p.id = c.post_id JOIN users o ON o.id = p.author_id
WHERE c.id = ANY($2::bigint[]) AND {comment_visible}
