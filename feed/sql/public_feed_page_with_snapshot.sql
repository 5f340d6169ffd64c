-- A page of all posts, with the snapshot of lists and of the log in each row; a row without a post for an empty page.
-- $1 viewer, $2 below, $3 above, $4 limit; unseen: $5 keys, $6 snapshots.
-- variants: anonymous
WITH {hidden muter=$1}
SELECT snapshot.now, p.id, NULL::record, {post}
FROM (SELECT {log_snapshot} AS now OFFSET 0) snapshot
LEFT JOIN ({public_posts}) p ON true
LEFT JOIN users a ON a.id = p.author_id
ORDER BY p.id {direction}
