-- The running transactions of the whole cluster and the sessions that hold them open: transaction, whether it is known to
-- be another database's, process, database, application, seconds since it began; nulls where they are not known.
-- The snapshot is older than the look at the sessions, and a number stays with its session: the session found with it has
-- had it all along. A transaction without a session has ended, or counts as one of this database.
SELECT x::text::bigint, coalesce(database <> current_database(), false), s.pid, s.database, s.application, s.seconds
FROM pg_snapshot_xip(pg_current_snapshot()) x
LEFT JOIN (
    SELECT backend_xid AS transaction, pid, datname AS database, application_name AS application,
        extract(epoch FROM clock_timestamp() - xact_start)::float8 AS seconds
    FROM pg_stat_activity WHERE backend_xid IS NOT NULL
    UNION ALL
    SELECT transaction, NULL, database, 'prepared transaction ' || gid, extract(epoch FROM clock_timestamp() - prepared)::float8
    FROM pg_prepared_xacts
) s ON s.transaction = x::xid
ORDER BY x
