-- Events that may have changed a viewer's home feed between two positions of the event log, in order:
-- posts and shares, and their ends, by the viewer, by followees and by users whom the viewer followed until their accounts were deleted;
-- blocks of the viewer by others, and their ends;
-- the newest event by which the viewer changed the whole feed, such as a follow;
-- the newest deletions, restorations and changes of privacy of any accounts. If there are more than a hundred, too many to look
-- at each, they have the viewer as their subject: the whole feed counts as changed.
-- What a page has shown is not among the newest ones: an older one, which was not committed then, would be missed.
-- $1 viewer, $2 the snapshot of that page, $3 and $4 after, $5 and $6 until (transaction, id), $7 limit.
WITH sources AS MATERIALIZED (
    SELECT $1::bigint AS id UNION ALL SELECT followee_id FROM follows WHERE follower_id = $1
    UNION
    SELECT subject_id FROM events
    WHERE actor_id = $1 AND kind = 'user_unfollowed' AND (transaction, id) > ($3, $4)
    AND NOT EXISTS (SELECT FROM users u WHERE u.id = subject_id AND {not_deleted user_id=u.id})
), done AS (
    SELECT e.*
    FROM sources s
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE actor_id = s.id AND kind IN {home_events}
        AND (transaction, id) > ($3, $4) AND (transaction, id) <= ($5, $6)
        ORDER BY transaction, id LIMIT $7
    ) e
), blocked AS (
    SELECT * FROM events e
    WHERE subject_id = $1 AND kind IN {block_events}
    AND (transaction, id) > ($3, $4) AND (transaction, id) <= ($5, $6)
    ORDER BY transaction, id LIMIT $7
), changed AS (
    SELECT * FROM events e
    WHERE actor_id = $1 AND {changes_whole_feed event=e}
    AND (transaction, id) > ($3, $4) AND (transaction, id) <= ($5, $6)
    AND NOT pg_visible_in_snapshot(transaction::text::xid8, $2::text::pg_snapshot)
    ORDER BY transaction DESC, id DESC LIMIT 1
), shown AS MATERIALIZED (
    SELECT e.*
    FROM unnest(ARRAY['user_privacy_changed', 'user_deleted', 'user_restored']) AS k(kind)
    CROSS JOIN LATERAL (
        SELECT * FROM events
        WHERE kind = k.kind AND kind IN {visibility_events} AND (transaction, id) > ($3, $4) AND (transaction, id) <= ($5, $6)
        AND NOT pg_visible_in_snapshot(transaction::text::xid8, $2::text::pg_snapshot)
        ORDER BY transaction DESC, id DESC LIMIT 101
    ) e
    ORDER BY transaction DESC, id DESC LIMIT 101
)
SELECT transaction, id, kind, actor_id, post_id, CASE
    WHEN kind IN ('user_privacy_changed', 'user_deleted', 'user_restored') AND (SELECT count(*) FROM shown) > 100 THEN $1
    ELSE subject_id
END, client_mutation_id, created_at
FROM (SELECT * FROM done UNION SELECT * FROM blocked UNION SELECT * FROM changed UNION SELECT * FROM shown) e
ORDER BY transaction, id LIMIT $7
