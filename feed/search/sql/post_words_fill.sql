-- Writes the words of posts that have none yet and still have this text. $1 posts, $2 their texts, $3 their words.
INSERT INTO post_words (post_id, words)
SELECT p.id, t.words::tsvector FROM unnest($1::bigint[], $2::text[], $3::text[]) AS t(post_id, text, words)
JOIN posts p ON p.id = t.post_id AND p.text = t.text
ORDER BY p.id
ON CONFLICT DO NOTHING
