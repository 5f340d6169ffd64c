-- Claims the consumers that have complete events to handle and that no worker holds.
-- $1 names, $2 lease, $3 its length, $4 transactions of other databases, $5 how long a lease or pause lasts at most: one that
-- ends later was set before the clock of PostgreSQL was set back.
-- A position in the future of this cluster came with a dump of another one: it goes back to the beginning of the log.
-- One row for each: name, position (transaction, id, microsecond), batches begun since one succeeded, whether it went back.
WITH due AS MATERIALIZED (
    SELECT c.name, c.transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS is_ahead
    FROM event_consumers c
    WHERE c.name = ANY($1::text[]) AND (c.leased_until <= now() OR c.leased_until > now() + $5::interval) AND (
        c.transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        OR EXISTS (
            SELECT FROM events e
            WHERE (e.transaction, e.id) > (c.transaction, c.event) AND e.transaction < {horizon foreign=$4}
        )
    )
    FOR UPDATE OF c SKIP LOCKED
)
UPDATE event_consumers c SET
    transaction = CASE WHEN due.is_ahead THEN 0 ELSE c.transaction END,
    event = CASE WHEN due.is_ahead THEN 0 ELSE c.event END,
    microsecond = CASE WHEN due.is_ahead THEN 0 ELSE c.microsecond END,
    attempts = c.attempts + 1, lease = $2, leased_until = now() + $3::interval
FROM due WHERE c.name = due.name
RETURNING c.name, c.transaction, c.event, c.microsecond, c.attempts, due.is_ahead
