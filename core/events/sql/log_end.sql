-- The last complete event, if there is one: transaction, id and microsecond. $1 transactions of other databases.
SELECT transaction, id, {microsecond} FROM events
WHERE transaction < {horizon foreign=$1}
ORDER BY transaction DESC, id DESC LIMIT 1
