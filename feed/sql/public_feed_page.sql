-- A page of all public posts. A row above the horizon has the snapshot of lists in its first column.
-- $1 viewer, $2 below, $3 above, $4 limit, $5 horizon; unseen: $6 keys, $7 snapshots.
-- variants: anonymous
-- joint: bigint, bigint, bigint, bigint, bigint
WITH {hidden muter=$1}, page AS ({public_posts up_to=$6 snapshots=$7} {page_before_states limit=$4}), {page_keys page=page key=id}
SELECT {snapshot_above position=p.id horizon=$5}, {public_post}
FROM page p
{author_carried page=p}
ORDER BY p.id {direction} LIMIT $4
