-- The product's page of a home feed, without a snapshot. $1 viewer, $2 below, $3 above, $4 limit; unseen: $6 keys, $7 snapshots.
{entries}
SELECT e.position, {post}, {user of=sharer}
FROM entries e
JOIN posts p ON p.id = e.post_id
JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position DESC
