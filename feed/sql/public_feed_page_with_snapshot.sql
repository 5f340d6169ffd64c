-- A page of all public posts, with the snapshot of lists and of the log in each row; a row without a post for an empty page.
-- $1 viewer, $2 below, $3 above, $4 limit; unseen: $5 keys, $6 snapshots.
-- variants: anonymous
-- joint: bigint, bigint, bigint, bigint
WITH {hidden muter=$1}, page AS ({public_posts} ORDER BY p.id {direction} LIMIT $4), {page_keys page=page key=id}
SELECT snapshot.now, {public_post}
FROM (SELECT {log_snapshot} AS now OFFSET 0) snapshot
LEFT JOIN page p ON true
{author_carried page=p}
ORDER BY p.id {direction}
