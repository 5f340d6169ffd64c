-- Changes the author's own post, which is locked already, and keeps what it said. $1 viewer, $2 post, $3 text, $4 client's key,
-- $5 entities, $6 whether to set the content warning, $7 the content warning, $8 whether to set the language, $9 the language,
-- $10 whether its pictures have changed, $11 the words by which it is found.
-- One row for a post that the viewer can see: whether it is the viewer's, the post as it is afterwards, whether this
-- changed its text.
WITH seen AS (
    SELECT p.id, p.author_id FROM posts p JOIN users a ON a.id = p.author_id WHERE p.id = $2 AND {post_visible}
), previous AS MATERIALIZED (
    SELECT id, text, content_warning, language, coalesce(edited_at, created_at) AS since,
        CASE WHEN $6 THEN $7 ELSE content_warning END AS new_warning, CASE WHEN $8 THEN $9 ELSE language END AS new_language
    FROM posts WHERE id = $2 AND author_id = $1 AND {not_deleted user_id=author_id}
), rewritten AS MATERIALIZED (
    SELECT * FROM previous WHERE (text, content_warning) IS DISTINCT FROM ($3, new_warning)
), changed AS (
    UPDATE posts p SET text = $3, content_warning = o.new_warning, language = o.new_language,
        entities = CASE WHEN o.text <> $3 THEN $5 ELSE p.entities END,
        edited_at = CASE WHEN $10 OR EXISTS (SELECT FROM rewritten) THEN now() ELSE p.edited_at END
    FROM previous o
    WHERE p.id = o.id AND ($10 OR (o.text, o.content_warning, o.language) IS DISTINCT FROM ($3, o.new_warning, o.new_language))
    RETURNING p.*
), kept AS (
    INSERT INTO post_edits (post_id, text, content_warning, created_at)
    SELECT id, text, content_warning, since FROM rewritten
), dropped AS (
    -- With the new one there are {kept_edits_limit}.
    DELETE FROM post_edits WHERE id = ANY(ARRAY(
        SELECT id FROM (
            SELECT id, row_number() OVER (ORDER BY id DESC) AS n FROM post_edits WHERE post_id IN (SELECT id FROM rewritten)
        ) e WHERE n >= {kept_edits_limit}
    ))
), worded AS (
    INSERT INTO post_words (post_id, words) SELECT id, $11::text::tsvector FROM previous WHERE text <> $3
    ON CONFLICT (post_id) DO UPDATE SET words = excluded.words
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id) SELECT 'post_edited', $1, id, $4 FROM changed
)
SELECT seen.author_id = $1, {post}, EXISTS (SELECT FROM previous WHERE text <> $3)
FROM seen
JOIN LATERAL (
    SELECT * FROM changed
    UNION ALL
    SELECT * FROM posts WHERE id = seen.id AND NOT EXISTS (SELECT FROM changed)
) p ON true
JOIN users a ON a.id = p.author_id
