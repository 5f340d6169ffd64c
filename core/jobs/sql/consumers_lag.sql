-- For each consumer its name, the number of events that it has not handled (at most $2 are counted), and the age in
-- seconds of the first of them. $1 names.
SELECT c.name, behind.events, coalesce(behind.seconds, 0)
FROM event_consumers c
CROSS JOIN LATERAL (
    SELECT count(*) AS events, extract(epoch FROM clock_timestamp() - min(created_at))::float8 AS seconds FROM (
        SELECT created_at FROM events
        WHERE (transaction, id) > (c.transaction, c.event)
        AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        ORDER BY transaction, id LIMIT $2
    ) unhandled
) behind
WHERE c.name = ANY($1::text[])
