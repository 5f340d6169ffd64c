-- The newest posts with certain words that the viewer may see, in each row with the snapshot of lists and of the log; a row
-- without a post if there is none. $1 viewer, $2 words as a tsquery, $3 below, $4 above, $5 limit, $6 how many posts with the words
-- are looked at. The last two columns: how many there were, and the lowest key of these.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}, candidates AS MATERIALIZED (
    SELECT id FROM search_posts($2::text::tsquery, $3, $4, $6) AS id
)
SELECT snapshot.now, {post}, found.count, found.lowest
FROM (SELECT {log_snapshot} AS now OFFSET 0) snapshot
CROSS JOIN (SELECT count(*) AS count, min(id) AS lowest FROM candidates) found
LEFT JOIN LATERAL (
    SELECT {post_read} FROM candidates c JOIN posts p ON p.id = c.id JOIN users a ON a.id = p.author_id
    WHERE {user_not_hidden user=a muter=NULL::bigint} AND {post_readable}
    ORDER BY c.id DESC LIMIT $5
) p ON true
LEFT JOIN users a ON a.id = p.author_id
ORDER BY p.id DESC
