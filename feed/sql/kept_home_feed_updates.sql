-- The number of entries of the viewer's home feed in a range, up to a limit, and the outcome ({kept_candidates}).
-- $1 viewer, $2 below, $3 above, $4 limit, $5 breadth; unseen: $6 keys, $7 snapshots.
WITH {hidden muter=$1}, {kept_candidates breadth=$5}, entries AS (
    {kept_entries}
)
SELECT n.count, CASE WHEN n.count = $4 AND outcome < 3 THEN 0 ELSE outcome END AS outcome
FROM considered CROSS JOIN (SELECT count(*) FROM entries) n
