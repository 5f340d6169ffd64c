-- Hashtags of posts that the viewer may see whose names begin with a text, by name. $1 viewer, $2 the text, $3 only names after
-- this one, $4 limit. A column that is not read, the name as position, the hashtag.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT NULL, h.name, {hashtag of=h}
FROM hashtags h
-- U+10FFFF is in no name.
WHERE h.name ~>=~ $2 AND h.name ~<~ ($2 || chr(1114111)) AND h.name ~>~ $3 AND h.post_count > 0 AND {hashtag_shown}
ORDER BY h.name USING ~<~ LIMIT $4
