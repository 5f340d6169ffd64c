-- A page of the viewer's home feed. A row above the horizon has the snapshot of lists in its first column.
-- $1 viewer, $2 below, $3 above, $4 limit, $5 breadth, $6 horizon; unseen: $7 keys, $8 snapshots.
-- The last column is whether the breadth sufficed. A row without an entry for an empty page.
WITH {hidden muter=$1}, {entries breadth=$5 up_to=$7 snapshots=$8}, {page_keys page=entries key=post_id}
SELECT {snapshot_above position=e.position horizon=$6}, {entry}, e.is_complete
FROM (SELECT * FROM considered LEFT JOIN entries ON true ORDER BY position {direction} OFFSET 0) e
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY e.position {direction}
