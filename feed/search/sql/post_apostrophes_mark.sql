-- Marks the words of posts with apostrophes that were letters before, so that the job `post_pairs_fill` writes them anew: of some
-- posts, the newest first. One that is being written gets new words by that. $1 only posts below this key, $2 how many to look
-- at. Gives the lowest key of these, NULL if there are none.
WITH looked AS MATERIALIZED (
    SELECT id, text FROM posts WHERE id < $1 ORDER BY id DESC LIMIT $2
), found AS MATERIALIZED (
    SELECT post_id FROM post_words WHERE post_id IN (SELECT id FROM looked WHERE text ~ '[\u02BB-\u02BF]')
    ORDER BY post_id FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE post_words w SET words = ts_delete(w.words, '^') FROM found WHERE w.post_id = found.post_id
)
SELECT min(id) FROM looked
