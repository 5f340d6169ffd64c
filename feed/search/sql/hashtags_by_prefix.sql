-- Hashtags of posts that the viewer may see whose names begin with a text, by name. $1 viewer, $2 the text, $3 only names after
-- this one, $4 limit. A column that is not read, the name as position, the hashtag.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT NULL, h.name, {hashtag of=h}
FROM (
    -- U+10FFFF is in no name. Of names that nobody may see there may be any number: a thousand that have posts are looked at.
    SELECT * FROM hashtags t WHERE name ~>=~ $2 AND name ~<~ ($2 || chr(1114111)) AND name ~>~ $3
    AND (post_count > 0 OR EXISTS (SELECT FROM post_hashtags WHERE hashtag_id = t.id OFFSET 0))
    ORDER BY name USING ~<~ LIMIT 1000
) h
WHERE {hashtag_shown}
ORDER BY h.name USING ~<~ LIMIT $4
