-- A page of the viewer's home feed. $1 viewer, $2 below, $3 above, $4 limit, $5 which snapshot is returned: 0 none,
-- 1 that of the list, where a position is above its horizon, 2 that of list and log, in each row;
-- unseen: $6 keys, $7 snapshots.
{entries}
SELECT CASE WHEN $5::int = 2 OR e.position > snapshot.horizon THEN snapshot.now END, e.position, CASE WHEN sharer.id IS NOT NULL THEN ROW({user of=sharer}) END, {post}
FROM (
    SELECT now, split_part(now, ':', 1)::bigint AS horizon FROM (
        SELECT CASE $5::int WHEN 2 THEN {log_snapshot} WHEN 1 THEN {list_snapshot} END AS now OFFSET 0
    ) once OFFSET 0
) snapshot
LEFT JOIN entries e ON true
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position {direction}
