-- The users and hashtags that texts name; hashtags that are new are added. $1 authors and $2 folded usernames, one of each for
-- a mention; $3 folded hashtags.
-- One row for each mention that counts: the author, the folded username, the user's key; and for each hashtag: null, its
-- name, its key. A hashtag that another transaction is adding may be left out: then ask again.
WITH known AS MATERIALIZED (
    SELECT id, name FROM hashtags WHERE name = ANY($3::text[])
), added AS (
    -- By name, so that no two writers wait for each other.
    INSERT INTO hashtags (name)
    SELECT t.name FROM unnest($3::text[]) AS t(name) WHERE t.name NOT IN (SELECT name FROM known) ORDER BY t.name
    ON CONFLICT DO NOTHING
    RETURNING id, name
)
SELECT t.author_id, t.username, u.id
FROM unnest($1::bigint[], $2::text[]) AS t(author_id, username)
JOIN users u ON lower(u.username) = t.username
WHERE {visible user_id=u.id viewer=t.author_id}
UNION ALL
SELECT NULL, name, id FROM known
UNION ALL
SELECT NULL, name, id FROM added
