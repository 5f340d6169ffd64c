-- A page of everybody's posts. $1 viewer, $2 below, $3 above, $4 limit, $5 whether the snapshot is asked for.
SELECT snapshot.now, p.id, NULL::record, {post}
FROM (SELECT CASE WHEN $5::boolean THEN {log_snapshot} END AS now) snapshot
LEFT JOIN (
    SELECT * FROM posts p
    WHERE p.id < $2 AND p.id > $3 {unseen key=p.id transaction=p.transaction} AND {visible person=p.author_id} AND {unmuted person=p.author_id}
    ORDER BY p.id {direction} LIMIT $4
) p ON true
LEFT JOIN users a ON a.id = p.author_id
ORDER BY p.id {direction}
