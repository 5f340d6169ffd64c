-- The viewer's kept home feed, as the CTE `feed` (id, floor, transaction, event): it has the reasons of the events up to that
-- one. None if there is none, if no worker has adopted it within ten minutes or the log has lost the worker's last event
-- (it may have lost later ones as well), or if it is a week old. A position in the future of this cluster came with a
-- dump of another one.
-- parameters: viewer=$1
feed AS MATERIALIZED (
    SELECT f.id, f.floor, at.transaction, at.event
    FROM home_feeds f
    LEFT JOIN home_feed_progress worker ON worker.id = 1 AND f.is_adopted
    CROSS JOIN LATERAL (
        SELECT greatest(f.built_transaction, worker.transaction) AS transaction,
            CASE WHEN worker.transaction >= f.built_transaction THEN worker.event ELSE 0 END AS event
    ) at
    WHERE f.reader_id = {viewer} AND f.retired_at IS NULL
    AND f.built_at > now() - CASE WHEN f.is_adopted THEN interval '7 days' ELSE interval '10 minutes' END
    AND (NOT f.is_adopted OR worker.transaction = 0
        OR EXISTS (SELECT FROM events WHERE transaction = worker.transaction AND id = worker.event OFFSET 0))
    AND at.transaction <= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
)
