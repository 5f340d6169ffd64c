-- A page of all posts. A row above the horizon of lists has the snapshot of lists in its first column.
-- $1 viewer, $2 below, $3 above, $4 limit; unseen: $5 keys, $6 snapshots.
-- variants: anonymous
WITH {hidden muter=$1}, {list_horizon}
SELECT {snapshot_above position=p.id}, p.id, NULL::record, {post}
FROM ({public_posts}) p
LEFT JOIN users a ON a.id = p.author_id
ORDER BY p.id {direction}
