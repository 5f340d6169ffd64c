-- What is visible now, and the first event that the log still has. $1 retention.
SELECT pg_current_snapshot()::text, first.transaction, first.id, first.created_at < now() - $1::interval
FROM (VALUES (1)) AS always
LEFT JOIN LATERAL (SELECT * FROM events ORDER BY transaction, id LIMIT 1) first ON true
