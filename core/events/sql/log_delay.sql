-- The seconds for which the first event that an open transaction holds back has waited; 0 if there is none.
-- $1 transactions of other databases.
SELECT coalesce((
    SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM events
    WHERE transaction >= {horizon foreign=$1}
    ORDER BY transaction, id LIMIT 1
), 0)
