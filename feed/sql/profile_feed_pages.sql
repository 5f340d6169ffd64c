-- Pages of users' posts and shares, one entry a post; empty if a block hides the user. `reads`: the narrowest visibility of
-- the user's posts that the viewer may read, without those that mention the viewer; shares come with public posts.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit; unseen: $6 keys, $7 snapshots.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}, entries AS (
    SELECT k.id AS owner_id, e.*
    FROM (
        SELECT k.id, {not_hidden user_id=k.id muter=NULL::bigint} AS is_visible, {widest_readable author=o} AS reads
        FROM unnest($2::text::bigint[]) AS k(id) LEFT JOIN users o ON o.id = k.id OFFSET 0
    ) k
    LEFT JOIN LATERAL (
        (
            SELECT p.id AS position, p.id AS post_id, NULL::bigint AS sharer_id
            FROM posts p
            WHERE k.is_visible AND p.author_id = k.id AND p.id < $3 AND p.id > $4 {unseen key=p.id transaction=p.transaction}
            AND (p.visibility <= k.reads OR {mentions_viewer})
            AND NOT EXISTS (SELECT FROM shares x WHERE x.user_id = k.id AND x.post_id = p.id AND k.reads >= 0)
            ORDER BY p.id {direction} LIMIT $5
        ) UNION ALL (
            SELECT x.id, x.post_id, x.user_id
            FROM shares x JOIN posts p ON p.id = x.post_id JOIN users a ON a.id = p.author_id
            WHERE k.is_visible AND k.reads >= 0 AND x.user_id = k.id AND x.id < $3 AND x.id > $4 {unseen key=x.id transaction=x.transaction}
            AND {user_not_hidden user=a muter=NULL::bigint} AND {post_readable}
            ORDER BY x.id {direction} LIMIT $5
        )
        ORDER BY position {direction} LIMIT $5
    ) e ON true
), {page_keys page=entries key=post_id}
SELECT e.owner_id, {entry}, snapshot.now AS snapshot
FROM entries e
CROSS JOIN (SELECT {log_snapshot} AS now) snapshot
LEFT JOIN posts p ON p.id = e.post_id
LEFT JOIN users a ON a.id = p.author_id
ORDER BY e.position {direction}
