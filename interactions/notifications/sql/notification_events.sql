-- The events about a user's notifications between two positions of the event log, in order.
-- $1 user, $2 and $3 after, $4 and $5 until (transaction, id), $6 limit.
SELECT transaction, id, kind, actor_id, post_id, subject_id, client_mutation_id, created_at
FROM events
WHERE actor_id = $1 AND kind IN {notification_kinds}
AND (transaction, id) > ($2, $3) AND (transaction, id) <= ($4, $5)
ORDER BY transaction, id LIMIT $6
