-- Deletes push targets that their services do not know any more, unless they were registered anew. $1 targets, $2 when each
-- was registered.
DELETE FROM push_targets t USING unnest($1::bigint[], $2::timestamptz[]) AS gone(id, registered_at)
WHERE t.id = gone.id AND t.registered_at = gone.registered_at
RETURNING t.id
