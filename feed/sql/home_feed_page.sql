-- A page of the viewer's home feed. $1 viewer, $2 below, $3 above, $4 limit, $5 whether the snapshot is asked for.
{entries}
SELECT snapshot.now, e.position, CASE WHEN sharer.id IS NOT NULL THEN ROW({user of=sharer}) END, {post}
FROM (SELECT CASE WHEN $5::boolean THEN {log_snapshot} END AS now) snapshot
LEFT JOIN entries e ON true
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position {direction}
