-- Adds a consumer unless it exists, at the end of the log or before its first event. $1 name, $2 whether at the end,
-- $3 transactions of other databases.
INSERT INTO event_consumers (name, transaction, event, microsecond)
SELECT $1, coalesce(last.transaction, 0), coalesce(last.id, 0), coalesce(last.microsecond, 0)
FROM (VALUES (1)) AS always
LEFT JOIN LATERAL (
    SELECT transaction, id, {microsecond} AS microsecond FROM events
    WHERE $2 AND transaction < {horizon foreign=$3}
    ORDER BY transaction DESC, id DESC LIMIT 1
) last ON true
ON CONFLICT (name) DO NOTHING
