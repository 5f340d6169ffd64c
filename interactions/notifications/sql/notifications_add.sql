-- Adds notifications without actors. $1 recipients, $2 kinds, $3 things, $4 posts, $5 comments, $6 positions, $7 numbers of actors,
-- $8 how many of these get no row: a place for each. A row for each: the recipient, the thing, the kind, the key.
INSERT INTO notifications (recipient_id, kind, thing_id, post_id, comment_id, position, actor_count, dropped_count)
SELECT * FROM unnest($1::bigint[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::int[], $8::int[])
RETURNING recipient_id, thing_id, kind, id
