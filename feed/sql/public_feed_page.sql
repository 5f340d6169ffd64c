-- A page of all posts. $1 viewer, $2 below, $3 above, $4 limit, $5 which snapshot is returned: 0 none,
-- 1 that of the list, where a position is above its horizon, 2 that of list and log, in each row;
-- unseen: $6 keys, $7 snapshots.
SELECT CASE WHEN $5::int = 2 OR p.id > snapshot.horizon THEN snapshot.now END, p.id, NULL::record, {post}
FROM (
    SELECT now, split_part(now, ':', 1)::bigint AS horizon FROM (
        SELECT CASE $5::int WHEN 2 THEN {log_snapshot} WHEN 1 THEN {list_snapshot} END AS now OFFSET 0
    ) once OFFSET 0
) snapshot
LEFT JOIN (
    SELECT * FROM posts p
    WHERE p.id < $2 AND p.id > $3 {unseen key=p.id transaction=p.transaction} AND {visible user_id=p.author_id} AND {unmuted user_id=p.author_id}
    ORDER BY p.id {direction} LIMIT $4
) p ON true
LEFT JOIN users a ON a.id = p.author_id
ORDER BY p.id {direction}
