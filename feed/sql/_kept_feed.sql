-- The viewer's kept home feed, as the CTE `feed` (id, floor, transaction, event, news): it has the reasons of the events up to
-- that one. news: how many the log has after it, one more than {news_limit} at most. No row if there is no feed, if no worker
-- has adopted it within ten minutes or the log has lost the worker's last event (it may have lost later ones as well), or if it
-- is a week old. A position in the future of this cluster came with a dump of another one.
-- parameters: viewer=$1
feed AS MATERIALIZED (
    SELECT f.id, f.floor, at.transaction, at.event, (
        SELECT count(*) FROM (
            SELECT FROM events
            WHERE kind IN {reason_events} AND (transaction, id) > (at.transaction, at.event) LIMIT {news_limit} + 1
        ) e
    ) AS news
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
