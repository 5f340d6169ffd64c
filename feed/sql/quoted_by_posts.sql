-- What posts quote: the quoting post, then the columns of the quoted one, null if the viewer may not see it. $1 viewer,
-- $2 posts. Not those that quote none.
-- variants: anonymous
SELECT q.id AS quoting_id, {post}
FROM posts q
LEFT JOIN posts p JOIN users a ON a.id = p.author_id ON p.id = q.quoted_post_id AND {post_visible}
WHERE q.id = ANY($2::bigint[]) AND q.quoted_post_id IS NOT NULL
