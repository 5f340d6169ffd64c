-- The hashtags with these keys. $1 keys.
SELECT {hashtag of=h} FROM hashtags h WHERE h.id = ANY($1::bigint[])
