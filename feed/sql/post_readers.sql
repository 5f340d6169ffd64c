-- Which of the viewers may read which posts, by their visibility alone; also of deleted posts, but for who was mentioned.
-- $1 viewers; $2 posts, $3 their authors, $4 their visibilities. One row for each pair: viewer, post.
SELECT v.id, k.id
FROM unnest($2::bigint[], $3::bigint[], $4::int[]) AS k(id, author_id, visibility) CROSS JOIN unnest($1::bigint[]) AS v(id)
WHERE k.author_id = v.id OR post_readable(v.id, k.id, k.author_id, k.visibility)
