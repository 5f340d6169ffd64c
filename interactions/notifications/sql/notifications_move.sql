-- Moves notifications to the top, and counts their new actors. $1 notifications, $2 positions, $3 numbers of new actors, $4 how many
-- of these get no row: a place for each.
UPDATE notifications n SET position = k.position, actor_count = n.actor_count + k.added, dropped_count = n.dropped_count + k.dropped
FROM unnest($1::text::bigint[], $2::text::bigint[], $3::text::int[], $4::text::int[]) AS k(id, position, added, dropped) WHERE n.id = k.id
