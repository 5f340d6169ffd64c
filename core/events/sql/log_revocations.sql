-- The newest revocations of sessions in the log, complete or not, of transactions that began within a period.
-- $1 period, $2 limit.
SELECT transaction, id, kind, actor_id, post_id, subject_id, client_mutation_id, created_at FROM events
WHERE kind = 'session_revoked' AND created_at > now() - $1::interval
ORDER BY created_at DESC LIMIT $2
