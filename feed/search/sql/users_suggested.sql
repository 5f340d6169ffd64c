-- Users to follow: those whom most of the viewer's followees follow come first. Only the 100 newest follows of the viewer, and
-- the 50 newest of each of these users, are read. $1 viewer; the position to go on from: $2 how many of them follow the user,
-- $3 the user; $4 limit. Columns: one that is not read, the position as text, the user.
WITH {hidden muter=$1}, friends AS MATERIALIZED (
    SELECT f.followee_id AS id FROM follows f WHERE f.follower_id = $1 AND {not_deleted user_id=f.followee_id} ORDER BY f.id DESC LIMIT 100
), suggested AS MATERIALIZED (
    SELECT x.followee_id AS id, count(*) AS friends
    FROM friends f CROSS JOIN LATERAL (
        SELECT y.followee_id FROM follows y WHERE y.follower_id = f.id ORDER BY y.id DESC LIMIT 50
    ) x
    GROUP BY x.followee_id
)
SELECT NULL, s.friends || ':' || s.id, {user of=u}
FROM (
    SELECT s.id, s.friends FROM suggested s
    WHERE (s.friends, s.id) < ($2::bigint, $3::bigint) AND s.id <> $1
    AND NOT EXISTS (SELECT FROM follows y WHERE y.follower_id = $1 AND y.followee_id = s.id OFFSET 0)
    AND NOT EXISTS (SELECT FROM follow_requests y WHERE y.requester_id = $1 AND y.target_id = s.id OFFSET 0)
    AND {not_hidden user_id=s.id muter=$1}
    ORDER BY s.friends DESC, s.id DESC LIMIT $4
) s
JOIN users u ON u.id = s.id
ORDER BY s.friends DESC, s.id DESC
