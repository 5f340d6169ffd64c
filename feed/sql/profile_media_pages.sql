-- Pages of users' posts with pictures; empty if a block hides the user. $1 viewer, $2 users, $3 below, $4 above, $5 limit;
-- unseen: $6 keys, $7 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}, entries AS (
    SELECT k.id AS owner_id, e.*
    FROM (
        SELECT k.id, {not_hidden user_id=k.id muter=NULL::bigint} AS is_visible, {widest_readable author=o} AS reads
        FROM unnest($2::text::bigint[]) AS k(id) LEFT JOIN users o ON o.id = k.id OFFSET 0
    ) k
    LEFT JOIN LATERAL (
        SELECT p.id AS position, p.id AS post_id
        FROM media m JOIN posts p ON p.id = m.post_id
        WHERE k.is_visible AND m.owner_id = k.id AND m.position = 1 AND m.post_id < $3 AND m.post_id > $4
        {unseen key=p.id transaction=p.transaction} AND p.author_id = k.id AND (p.visibility <= k.reads OR {mentions_viewer})
        ORDER BY m.post_id {direction} LIMIT $5
    ) e ON true
), {page_keys page=entries key=post_id}
SELECT e.owner_id, e.position, NULL::record, {post_on_page}, snapshot.now AS snapshot
FROM entries e
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY e.position {direction}
