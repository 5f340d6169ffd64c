-- A page of the posts in a snapshot of trends that the viewer may see, in each row with the snapshot of lists and of the log;
-- a row without a post if there is none. $1 viewer, $2 only posts after this position, or 0 for the first ones of the newest
-- snapshot, $3 limit. The last column is the snapshot of trends ({trends}).
-- variants: anonymous
WITH {hidden muter=$1}, {trends after=$2}, page AS MATERIALIZED (
    SELECT t.position, {post_read}, {author_read}
    FROM trending_posts t JOIN posts p ON p.id = t.post_id JOIN users a ON a.id = p.author_id
    WHERE t.position > greatest($2, (SELECT id FROM trends) * 1000) AND t.position < ((SELECT id FROM trends) + 1) * 1000
    AND {post_public} AND a.is_active AND {user_not_hidden user=a muter=$1}
    ORDER BY t.position LIMIT $3
), {page_keys page=page key=id}
SELECT once.now, p.position, {post_on_page}, once.trends
FROM (SELECT {log_snapshot} AS now, (SELECT id FROM trends) AS trends OFFSET 0) once
LEFT JOIN page p ON true
{author_carried page=p}
ORDER BY p.position
