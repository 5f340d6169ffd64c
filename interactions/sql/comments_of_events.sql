-- The comments with these keys, also hidden ones, but for those that hang on an account that is being deleted. $1 keys.
SELECT {comment}
FROM comments c JOIN posts p ON p.id = c.post_id LEFT JOIN users a ON a.id = c.author_id
WHERE c.id = ANY($1::bigint[]) AND {not_deleted user_id=p.author_id} AND {not_deleted user_id=c.author_id}
