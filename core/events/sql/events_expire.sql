-- Deletes the oldest events up to the first within the retention, but the last of them: it marks where the log begins.
-- What an open transaction holds back stays, and what a consumer has not handled.
-- $1 retention, $2 limit of events to look at. Gives the number of events.
WITH oldest AS MATERIALIZED (
    SELECT e.transaction, e.id, e.created_at < now() - $1::interval AS old FROM events e
    WHERE e.transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    AND NOT EXISTS (SELECT FROM event_consumers c WHERE (c.transaction, c.event) < (e.transaction, e.id))
    ORDER BY e.transaction, e.id LIMIT $2
), young AS MATERIALIZED (
    SELECT transaction, id FROM oldest WHERE NOT old ORDER BY transaction, id LIMIT 1
), expired AS MATERIALIZED (
    SELECT transaction, id FROM oldest o
    WHERE old AND NOT EXISTS (SELECT FROM young y WHERE (y.transaction, y.id) < (o.transaction, o.id))
), removed AS (
    DELETE FROM events e USING expired x
    WHERE e.id = x.id AND x.id <> (SELECT id FROM expired ORDER BY transaction DESC, id DESC LIMIT 1)
    RETURNING 1
)
SELECT count(*) FROM removed
