-- The hashtag with a folded name, if it is that of a post that the viewer may see. $1 viewer, $2 name.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT {hashtag of=h} FROM hashtags h WHERE h.name = $2 AND {hashtag_shown newest=1000}
