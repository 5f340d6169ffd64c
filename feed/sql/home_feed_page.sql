-- A page of the viewer's home feed. A row above the horizon of lists has the snapshot of lists in its first column.
-- $1 viewer, $2 below, $3 above, $4 limit; unseen: $5 keys, $6 snapshots.
WITH {hidden muter=$1}, {list_horizon}, {entries up_to=$5 snapshots=$6}
SELECT {snapshot_above position=e.position}, {entry}
FROM entries e
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position {direction}
