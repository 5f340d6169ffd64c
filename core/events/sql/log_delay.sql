-- For how many seconds the first event that an open transaction holds back has waited; 0 if none does.
SELECT coalesce((
    SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM events
    WHERE transaction >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY transaction, id LIMIT 1
), 0)
