-- For each consumer its name, the number of events that it has not handled (at most $1 are counted), and the age in
-- seconds of the first of them; also for consumers that this version's code has no more, for which events are kept.
SELECT c.name, behind.events, coalesce(behind.seconds, 0)
FROM event_consumers c
CROSS JOIN LATERAL (
    SELECT count(*) AS events, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS seconds FROM (
        SELECT created_at FROM events
        WHERE (transaction, id) > (c.transaction, c.event)
        AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY transaction, id LIMIT $1
    ) unhandled
) behind
ORDER BY c.name
