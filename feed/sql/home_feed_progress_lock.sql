-- Up to which event the worker has added reasons to the kept home feeds: transaction, event, follow; then whether the log
-- still has that event, and so all later ones; zeros are before all events. Locked. No row if there is none. A position
-- in the future of this cluster came with a dump of another one.
SELECT transaction, event, follow, transaction = 0 OR (
    transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND EXISTS (SELECT FROM events e WHERE e.transaction = p.transaction AND e.id = p.event)
)
FROM home_feed_progress p WHERE id = 1 FOR UPDATE
