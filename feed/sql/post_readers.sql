-- Which of the viewers may read which posts, by their visibility alone, and which could read deleted ones.
-- $1 viewers; $2 posts, $3 their authors, $4 their visibilities, $5 the transactions that deleted them, or null.
-- One row for each pair: viewer, post.
SELECT v.id, k.id
FROM unnest($2::bigint[], $3::bigint[], $4::int[], $5::bigint[]) AS k(id, author_id, visibility, deleted_by) CROSS JOIN unnest($1::bigint[]) AS v(id)
WHERE k.author_id = v.id OR post_readable(v.id, k.id, k.author_id, k.visibility)
-- The deletion of a post for whom it mentions has logged each of them.
OR (k.deleted_by IS NOT NULL AND k.visibility = 2 AND EXISTS (
    SELECT FROM events
    WHERE actor_id = v.id AND transaction = k.deleted_by AND post_id = k.id
    AND kind = 'post_mention_changed' AND kind IN {relation_events} OFFSET 0
))
