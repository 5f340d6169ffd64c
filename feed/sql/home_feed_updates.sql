-- The number of entries of the viewer's home feed in a range, up to a limit, and whether the breadth sufficed.
-- $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=$1}, {entries breadth=$5}
SELECT (SELECT count(*) FROM entries), is_complete FROM considered
