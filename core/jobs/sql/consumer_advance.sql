-- Records that a consumer has handled all events up to a position. It keeps its lease for the next batch, or gives it up.
-- $1 name, $2 lease, $3 transaction, $4 id and $5 microsecond of the last event, $6 length of the next lease; zero ends it.
-- No row if the lease was lost.
UPDATE event_consumers SET
    transaction = $3, event = $4, microsecond = $5, error = '',
    attempts = CASE WHEN $6::interval > interval '0' THEN 1 ELSE 0 END,
    lease = CASE WHEN $6::interval > interval '0' THEN lease END,
    leased_until = clock_timestamp() + $6::interval
WHERE name = $1 AND lease = $2
RETURNING name
