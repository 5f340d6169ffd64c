-- What the statement sees of lists and of the log, as text: PostgreSQL's snapshot (xmin:xmax:running), then transaction, id
-- and microsecond of the newest event, if there is one. An event from the future was restored from another cluster.
pg_current_snapshot()::text || coalesce((
    SELECT ':' || transaction || ':' || id || ':' || {microsecond} FROM events
    WHERE transaction < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    ORDER BY transaction DESC, id DESC LIMIT 1
), '')
