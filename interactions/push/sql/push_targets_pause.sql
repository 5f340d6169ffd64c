-- Keeps pushes from targets whose services are busy. $1 targets, $2 seconds for each.
UPDATE push_targets t SET paused_until = greatest(t.paused_until, now() + pause.seconds * interval '1 second')
FROM unnest($1::bigint[], $2::float8[]) AS pause(id, seconds)
WHERE t.id = pause.id
RETURNING t.id
