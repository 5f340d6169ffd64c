-- What is visible now, the first event that the log still has, whether that is past the retention, and whether the log has
-- a certain event. $1 retention; $2 transaction, $3 id and $4 microsecond of the event.
SELECT {log_snapshot}, first.transaction, first.id, first.created_at < now() - $1::interval,
    EXISTS (
        SELECT FROM events WHERE transaction = $2 AND id = $3 AND {microsecond} = $4
        AND transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    )
FROM (VALUES (1)) AS always
LEFT JOIN LATERAL (SELECT * FROM events ORDER BY transaction, id LIMIT 1) first ON true
