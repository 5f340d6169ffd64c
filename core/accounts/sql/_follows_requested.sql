-- The pairs to follow or unfollow whose users the viewer can see, one for each place of the three arrays, with the user.
-- {undoes}: whether follows and requests are ended.
-- parameters: undoes, viewers=$1, users=$2, keys=$3
requested AS MATERIALIZED (
    SELECT t.n, t.viewer_id, t.key, u.is_private, {user of=u}
    FROM unnest({viewers}::text::bigint[], {users}::text::bigint[], {keys}::text[]) WITH ORDINALITY AS t(viewer_id, user_id, key, n)
    JOIN users v ON v.id = t.viewer_id AND {not_deleted user_id=v.id}
    JOIN users u ON u.id = t.user_id
    -- A user whom the viewer can't see counts only where the viewer ends a follow or a request.
    WHERE ({visible user_id=t.user_id viewer=t.viewer_id})
    OR ({undoes} AND (
        EXISTS (SELECT FROM follows f WHERE f.follower_id = t.viewer_id AND f.followee_id = t.user_id OFFSET 0)
        OR EXISTS (SELECT FROM follow_requests r WHERE r.requester_id = t.viewer_id AND r.target_id = t.user_id OFFSET 0)
    ))
)
