-- A key that the keys of all running transactions are above, and of all that begin later. A key is made after its
-- transaction's number, and a transaction's number after its beginning: so running transactions have keys from after the
-- beginning of any transaction of a lower number, as the log's events date it. With an empty log, what began in this hour
-- or the one before counts as running.
SELECT ((floor(date_part('epoch', coalesce((
    SELECT created_at FROM events WHERE transaction < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    ORDER BY transaction DESC, id DESC LIMIT 1
), date_trunc('hour', now()) - interval '1 hour')) * 1000)::bigint - 1262304000000) << 22) - 1
