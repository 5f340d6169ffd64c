-- A page of the viewer's home feed, with the snapshot of lists and of the log in each row; a row without an entry for an
-- empty page. $1 viewer, $2 below, $3 above, $4 limit; unseen: $5 keys, $6 snapshots.
WITH {hidden muter=$1}, {entries up_to=$5 snapshots=$6}
SELECT e.now, {entry}
FROM (
    SELECT * FROM (SELECT {log_snapshot} AS now OFFSET 0) snapshot LEFT JOIN entries ON true
    ORDER BY position {direction} OFFSET 0
) e
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position {direction}
