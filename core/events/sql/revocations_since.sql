-- Revocations of sessions that an earlier reading did not see, in order, whatever transactions are open.
-- $1 transaction, $2 id and $3 microsecond of the newest event that it saw, $4 the transactions that were running then;
-- $5 transaction and $6 id of the event after which a page of these begins, $7 limit.
-- One row at least: whether the log has that newest event, what this statement sees ({log_snapshot}), the time in
-- seconds since 1970, whether there are events unseen as well that hide anything from anonymous clients, a revocation or nulls.
SELECT
    $1 = 0 OR EXISTS (SELECT FROM events WHERE transaction = $1 AND id = $2 AND {microsecond} = $3),
    {log_snapshot}, extract(epoch FROM clock_timestamp())::float8,
    EXISTS (SELECT FROM events WHERE kind IN {hiding_events} AND transaction > $1)
        OR EXISTS (SELECT FROM events WHERE kind IN {hiding_events} AND transaction = ANY($4::bigint[])),
    e.transaction, e.id, e.kind, e.actor_id, e.post_id, e.subject_id, e.client_mutation_id, e.created_at
FROM (VALUES (1)) AS always
LEFT JOIN LATERAL (
    SELECT * FROM (
        SELECT * FROM events
        WHERE kind = 'session_revoked' AND transaction > $1 AND (transaction, id) > ($5, $6)
        UNION ALL
        SELECT * FROM events
        WHERE kind = 'session_revoked' AND transaction = ANY($4::bigint[]) AND (transaction, id) > ($5, $6)
    ) unseen
    ORDER BY transaction, id LIMIT $7
) e ON true
ORDER BY e.transaction, e.id
