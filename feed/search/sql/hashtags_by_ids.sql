-- The hashtags with these keys that are those of posts that the viewer may see. $1 viewer, $2 keys.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT {hashtag of=h} FROM hashtags h WHERE h.id = ANY($2::bigint[]) AND {hashtag_shown newest=1000}
