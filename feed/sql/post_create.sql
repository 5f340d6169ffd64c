-- Creates a post. $1 author, $2 text, $3 client's key, $4 entities, $5 language, $6 content warning, $7 quoted post, which is
-- locked and counted already, $8 visibility or NULL for the widest that the account allows, $9 the words by which it is found. No row if
-- the author's account has been deleted, or is private and the post would be public.
WITH created AS (
    INSERT INTO posts (author_id, text, entities, language, content_warning, quoted_post_id, visibility)
    SELECT id, $2, $4, $5, $6, $7, coalesce($8::smallint, is_private::integer) FROM users
    WHERE id = $1 AND {not_deleted user_id=id} AND (is_private AND $8::smallint = 0) IS NOT TRUE
    RETURNING *
), counted AS (
    UPDATE users SET post_count = post_count + 1 WHERE id = $1 AND EXISTS (SELECT FROM created)
), worded AS (
    INSERT INTO post_words (post_id, words) SELECT id, $9::text::tsvector FROM created
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id) SELECT 'post_created', $1, id, $3 FROM created
)
SELECT {post} FROM created p JOIN users a ON a.id = p.author_id
