-- The number of entries of the viewer's home feed in a range, up to a limit. $1 viewer, $2 below, $3 above, $4 limit,
-- $5 the highest number given; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=$1}, {entries}
SELECT least(count(*), $5::int) FROM entries
