-- Follows, blocks and mutes between the viewer and users: whether the viewer follows the user, the user follows the
-- viewer, the viewer blocks the user, the viewer mutes the user, the viewer asks to follow the user. $1 viewer, $2 users.
SELECT k.id,
    EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = k.id OFFSET 0),
    EXISTS (SELECT FROM follows WHERE follower_id = k.id AND followee_id = $1 OFFSET 0),
    EXISTS (SELECT FROM blocks WHERE blocker_id = $1 AND blocked_id = k.id OFFSET 0),
    EXISTS (SELECT FROM mutes WHERE muter_id = $1 AND muted_id = k.id OFFSET 0),
    -- Few users wait for many answers.
    k.id = ANY(ARRAY(SELECT target_id FROM follow_requests WHERE requester_id = $1))
FROM unnest($2::bigint[]) AS k(id)
