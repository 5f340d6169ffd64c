-- The number of entries of the viewer's home feed in a range, up to a limit, and the outcome ({kept_entries}).
-- $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=$1}, {kept_entries breadth=$5}
SELECT (SELECT count(*) FROM entries), outcome FROM considered
