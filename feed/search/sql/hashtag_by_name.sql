-- The hashtag with a folded name. $1 name.
SELECT {hashtag of=h} FROM hashtags h WHERE h.name = $1
