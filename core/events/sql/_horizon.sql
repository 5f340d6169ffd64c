-- The number of the oldest running transaction that may write events; below it the log is complete.
-- {foreign}: running transactions that are known to belong to other databases.
-- parameters: foreign
coalesce(
    (SELECT min(x::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE x::text::bigint <> ALL({foreign}::bigint[])),
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint
)
