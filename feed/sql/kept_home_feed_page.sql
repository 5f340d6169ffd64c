-- A page of the viewer's home feed from the kept one. A row above the horizon has the snapshot of lists in its
-- first column. $1 viewer, $2 below, $3 above, $4 limit, $5 breadth, $6 horizon; unseen: $7 keys, $8 snapshots.
-- The last column is the outcome ({kept_entries}). A row without an entry for an empty page.
WITH {hidden muter=$1}, {kept_entries breadth=$5 up_to=$7 snapshots=$8}, {states_of_page page=entries key=id}
SELECT {snapshot_above position=e.position horizon=$6}, {entry}, e.outcome
FROM (SELECT * FROM considered LEFT JOIN entries ON true ORDER BY position {direction} OFFSET 0) e
CROSS JOIN LATERAL (SELECT e.*) p
{author_carried page=p}
ORDER BY e.position {direction}
