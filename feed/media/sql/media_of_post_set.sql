-- Puts pictures on a post of their owner, in this order, in place of those that it has. They are locked already.
-- $1 owner, $2 post, $3 media, $4 alt texts: null keeps the one that a picture has.
-- One row: the places, from 1, of those that can be used, and whether the post has changed.
WITH wanted AS MATERIALIZED (
    SELECT w.id, w.position::int AS position, coalesce(w.alt_text, m.alt_text) AS alt_text
    FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS w(id, alt_text, position) JOIN media m ON m.id = w.id
    WHERE m.owner_id = $1 AND m.removed_at IS NULL
    AND (m.post_id = $2 OR m.post_id IS NULL AND m.state IN ('PROCESSING', 'READY'))
), detached AS (
    UPDATE media SET post_id = NULL, position = NULL
    WHERE post_id = $2 AND owner_id = $1 AND id <> ALL($3::bigint[])
    RETURNING id
), attached AS (
    UPDATE media m SET post_id = $2, position = w.position, alt_text = w.alt_text
    FROM wanted w
    WHERE m.id = w.id AND (m.post_id, m.position, m.alt_text) IS DISTINCT FROM ($2, w.position, w.alt_text)
    RETURNING m.id
)
SELECT ARRAY(SELECT position FROM wanted), EXISTS (SELECT FROM detached) OR EXISTS (SELECT FROM attached)
