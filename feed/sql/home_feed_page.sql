-- A page of the viewer's home feed. $1 viewer, $2 below, $3 above, $4 limit.
{entries}
SELECT NULL::bigint, e.position, snapshot.now, sharer.id, sharer.username, sharer.display_name, sharer.avatar_url, {post}
FROM (SELECT pg_current_snapshot()::text AS now) snapshot
LEFT JOIN entries e ON true
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
LEFT JOIN users sharer ON sharer.id = e.sharer_id
ORDER BY e.position {direction}
