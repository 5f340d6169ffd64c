-- Adds notifications without actors. $1 recipients, $2 kinds, $3 things, $4 posts (or 0), $5 comments (or 0), $6 positions, $7 numbers of
-- actors: a place for each. A row for each: the recipient, the thing, the kind, the key.
-- The key has the time of the position, so that a later notification has a higher key also when the clock was set back.
INSERT INTO notifications (id, recipient_id, kind, thing_id, post_id, comment_id, position, actor_count)
SELECT {key_of_position position=k.position}, k.recipient_id, k.kind, k.thing_id, nullif(k.post_id, 0), nullif(k.comment_id, 0), k.position, k.actors
FROM unnest($1::text::bigint[], $2::text::int[], $3::text::bigint[], $4::text::bigint[], $5::text::bigint[], $6::text::bigint[],
    $7::text::int[]) AS k(recipient_id, kind, thing_id, post_id, comment_id, position, actors)
RETURNING recipient_id, thing_id, kind, id
