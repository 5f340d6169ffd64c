-- The posts with these keys, also hidden ones, but for those of accounts that are being deleted; without viewer states.
-- $1 keys. {post_readers} says who may see them.
SELECT {post viewer=NULL viewer_has_liked=false viewer_has_shared=false}
FROM posts p JOIN users a ON a.id = p.author_id
WHERE p.id = ANY($1::bigint[]) AND {not_deleted user_id=p.author_id}
