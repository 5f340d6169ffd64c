-- Pages of earlier versions of posts, newest first. Those of a post for who is mentioned are its author's alone: an edit may mention
-- others than before.
-- $1 viewer, $2 posts, $3 below, $4 above, $5 limit, $6 horizon; unseen: $7 keys, $8 snapshots.
-- variants: anonymous
SELECT m.post_id, {post_version}, {snapshot_above position=m.id horizon=$6}
FROM unnest($2::text::bigint[]) AS k(id)
JOIN posts p ON p.id = k.id JOIN users a ON a.id = p.author_id AND {post_visible} AND (p.visibility < 2 OR p.author_id = $1)
CROSS JOIN LATERAL (
    SELECT * FROM post_edits m
    WHERE m.post_id = k.id AND m.id < $3 AND m.id > $4 {unseen key=m.id transaction=m.transaction up_to=$7 snapshots=$8}
    ORDER BY m.id {direction} LIMIT $5
) m
ORDER BY m.id {direction}
