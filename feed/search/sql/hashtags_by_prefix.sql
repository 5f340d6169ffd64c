-- Hashtags of posts whose names begin with a text, by name. $1 the text, $2 only names after this one, $3 limit.
-- A column that is not read, the name as position, the hashtag.
SELECT NULL, h.name, {hashtag of=h}
FROM hashtags h
-- U+10FFFF is in no name.
WHERE h.name ~>=~ $1 AND h.name ~<~ ($1 || chr(1114111)) AND h.name ~>~ $2 AND h.post_count > 0
ORDER BY h.name USING ~<~ LIMIT $3
