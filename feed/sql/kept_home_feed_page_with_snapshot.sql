-- A page of the viewer's home feed from the kept one, with the snapshot of lists and of the log in each row; a row without
-- an entry for an empty page. $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
-- The last column is the outcome ({kept_entries}).
WITH {hidden muter=$1}, {kept_entries breadth=$5}, {states_of_page page=entries key=id}
SELECT e.now, {entry}, e.outcome
FROM (
    SELECT * FROM (SELECT {log_snapshot} AS now, outcome FROM considered OFFSET 0) once LEFT JOIN entries ON true
    ORDER BY position {direction} OFFSET 0
) e
CROSS JOIN LATERAL (SELECT e.*) p
{author_carried page=p}
ORDER BY e.position {direction}
