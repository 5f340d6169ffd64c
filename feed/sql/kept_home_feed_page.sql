-- A page of the viewer's home feed from the kept one; the rows are in no order. A row above the horizon has the snapshot of
-- lists in its first column. $1 viewer, $2 below, $3 above, $4 limit, $5 breadth, $6 horizon; unseen: $7 keys, $8 snapshots.
-- The last column is the outcome if the page is not full ({kept_candidates}). A row without an entry for an empty page.
-- joint: bigint, bigint, bigint, bigint, bigint, bigint
WITH {hidden muter=$1}, {kept_candidates breadth=$5 up_to=$7 snapshots=$8}
SELECT {snapshot_above position=e.position horizon=$6}, {entry}, considered.outcome
FROM considered LEFT JOIN LATERAL (
    {kept_entries}
) e ON true
CROSS JOIN LATERAL (SELECT e.*) p
{author_carried page=p}
