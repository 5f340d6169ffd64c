-- Moves notifications to the top, and counts their new actors. $1 notifications, $2 positions, $3 numbers of new actors.
UPDATE notifications n SET position = k.position, actor_count = n.actor_count + k.added
FROM unnest($1::bigint[], $2::bigint[], $3::int[]) AS k(id, position, added) WHERE n.id = k.id
