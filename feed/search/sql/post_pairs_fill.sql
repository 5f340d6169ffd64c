-- Writes the words of posts anew that have none of pairs or joints, unless another writer changes the post. Locks the posts, by key.
-- $1 posts, $2 the texts that their words were made of, $3 the words. Gives the keys of those that were written.
WITH found AS MATERIALIZED (
    SELECT p.id, t.words
    FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t(id, text, words)
    JOIN posts p ON p.id = t.id
    WHERE p.text = t.text
    ORDER BY p.id
    FOR NO KEY UPDATE OF p SKIP LOCKED
)
UPDATE post_words w SET words = found.words::tsvector FROM found
WHERE w.post_id = found.id AND NOT w.words @@ '''^'''
RETURNING w.post_id
