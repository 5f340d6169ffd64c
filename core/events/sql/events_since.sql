-- The events after a position that are complete, in order: those below the oldest running transaction. An open
-- transaction holds back what began after it. Revocations among what is held back come early, last in the answer:
-- they may be told twice but not late. $1 transaction, $2 id, $3 limit.
-- One row at least: the oldest running transaction, whether anything is held back, an event or nulls, if it is early.
WITH horizon AS MATERIALIZED (
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS transaction
)
SELECT
    h.transaction, EXISTS (SELECT FROM events WHERE transaction >= h.transaction),
    e.transaction, e.id, e.kind, e.actor_id, e.post_id, e.subject_id, e.client_mutation_id, e.created_at, e.early
FROM horizon h
LEFT JOIN LATERAL (
    (
        SELECT false AS early, * FROM events
        WHERE (transaction, id) > ($1, $2) AND transaction < h.transaction
        ORDER BY transaction, id LIMIT $3
    ) UNION ALL (
        SELECT true, * FROM events
        WHERE transaction >= h.transaction AND kind = 'session_revoked'
    )
) e ON true
ORDER BY e.early, e.transaction, e.id
