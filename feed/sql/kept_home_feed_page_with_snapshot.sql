-- A page of the viewer's home feed from the kept one, with the snapshot of lists and of the log in each row; the rows are in no
-- order. $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
-- The last column is the outcome if the page is not full ({kept_candidates}). A row without an entry for an empty page.
-- joint: bigint, bigint, bigint, bigint, bigint
WITH {hidden muter=$1}, {kept_candidates breadth=$5}
SELECT once.now, {entry}, once.outcome
FROM (SELECT {log_snapshot} AS now, outcome FROM considered OFFSET 0) once LEFT JOIN LATERAL (
    {kept_entries}
) e ON true
CROSS JOIN LATERAL (SELECT e.*) p
{author_carried page=p}
