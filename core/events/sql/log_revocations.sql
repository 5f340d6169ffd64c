-- The newest ends of sessions that the log has, complete or not, of transactions that began within a time.
-- $1 that time, $2 at most so many.
SELECT transaction, id, kind, actor_id, post_id, subject_id, client_mutation_id, created_at FROM events
WHERE kind = 'session_revoked' AND created_at > now() - $1::interval
ORDER BY created_at DESC LIMIT $2
