-- Moves notifications to the top, and counts their new actors. $1 notifications, $2 positions, $3 numbers of new actors: a place for each.
UPDATE notifications n SET position = k.position, actor_count = n.actor_count + k.added
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[]) AS k(id, position, added) WHERE n.id = k.id
