-- A page of the viewer's home feed, with the snapshot of lists and of the log in each row; a row without an entry for an
-- empty page. $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
-- The last column is whether the breadth sufficed.
WITH {hidden muter=$1}, {entries breadth=$5}, {page_keys page=entries key=post_id}
SELECT e.now, {entry}, e.is_complete
FROM (
    SELECT * FROM (SELECT {log_snapshot} AS now, is_complete FROM considered OFFSET 0) once LEFT JOIN entries ON true
    ORDER BY position {direction} OFFSET 0
) e
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY e.position {direction}
