-- Up to which event the worker has added reasons to the kept home feeds: transaction, event, follow; locked. A position in
-- the future of this cluster came with a dump of another one and counts as none. No row if there is none.
SELECT transaction, event, follow FROM home_feed_progress
WHERE id = 1 AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint FOR UPDATE
