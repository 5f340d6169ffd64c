-- The complete events after a position, in order: those below the oldest running transaction. An open transaction holds
-- back what began after it.
-- $1 transaction, $2 id and $3 microsecond of the event at the position, $4 limit, $5 transactions of other databases.
-- One row at least: whether the log has the event at the position, whether anything is held back, an event or nulls.
WITH horizon AS MATERIALIZED (
    SELECT {horizon foreign=$5} AS transaction
)
SELECT
    $1 = 0 OR EXISTS (SELECT FROM events WHERE transaction = $1 AND id = $2 AND {microsecond} = $3),
    EXISTS (SELECT FROM events WHERE transaction >= h.transaction),
    e.transaction, e.id, e.kind, e.actor_id, e.post_id, e.subject_id, e.client_mutation_id, e.created_at, e.parent_id
FROM horizon h
LEFT JOIN LATERAL (
    SELECT * FROM events
    WHERE (transaction, id) > ($1, $2) AND transaction < h.transaction
    ORDER BY transaction, id LIMIT $4
) e ON true
ORDER BY e.transaction, e.id
