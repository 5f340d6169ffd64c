-- Pages of users' followers, newest follow first; empty if a block hides the user.
-- $1 viewer, $2 users, $3 below, $4 above, $5 limit; unseen: $6 keys, $7 snapshots.
WITH horizon AS MATERIALIZED (
    SELECT {key_horizon} AS key
)
SELECT k.id, f.id, {user of=u},
    CASE WHEN f.id > horizon.key THEN horizon.key || ':' || pg_current_snapshot()::text END
FROM horizon CROSS JOIN (SELECT id FROM unnest($2::text::bigint[]) AS k(id) WHERE {visible user_id=k.id}) k
CROSS JOIN LATERAL (
    SELECT f.id, f.follower_id FROM follows f
    WHERE f.followee_id = k.id AND f.id < $3 AND f.id > $4 {unseen key=f.id transaction=f.transaction} AND {visible user_id=f.follower_id}
    ORDER BY f.id {direction} LIMIT $5
) f
JOIN users u ON u.id = f.follower_id
ORDER BY f.id {direction}
