-- Pages of the posts that users have marked, the newest mark first.
-- parameters: table, viewer=$1, users=$2, below=$3, above=$4, limit=$5, up_to=$6, snapshots=$7
-- needs: hidden (ids)
SELECT k.id, m.id, NULL::record, {post viewer={viewer}}, snapshot.now AS snapshot
FROM unnest({users}::text::bigint[]) AS k(id)
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN LATERAL (
    SELECT m.id, m.post_id FROM {table} m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
    WHERE m.user_id = k.id AND m.id < {below} AND m.id > {above}
    {unseen key=m.id transaction=m.transaction up_to={up_to} snapshots={snapshots}}
    AND {user_not_hidden user=a viewer={viewer} muter=NULL::bigint} AND {post_readable viewer={viewer}}
    ORDER BY m.id {direction} LIMIT {limit}
) m ON true
LEFT JOIN posts p ON p.id = m.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY m.id {direction}
