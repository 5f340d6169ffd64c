-- What the segments of posts are made of: the key, then {segments}. Whether the posts are visible has been decided.
-- $1 viewer, $2 posts.
-- variants: anonymous
SELECT p.id, {segments of=p} FROM posts p WHERE p.id = ANY($2::bigint[])
