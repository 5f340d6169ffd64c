-- What the segments of comments are made of: the key, then {segments}. Whether the comments are visible has been decided.
-- $1 viewer, $2 comments.
-- variants: anonymous
SELECT c.id, {segments of=c} FROM comments c WHERE c.id = ANY($2::bigint[])
