-- All ends of sessions that the log has, complete or not, in order.
SELECT transaction, id, kind, actor_id, post_id, subject_id, client_mutation_id, created_at FROM events
WHERE kind = 'session_revoked'
ORDER BY transaction, id
