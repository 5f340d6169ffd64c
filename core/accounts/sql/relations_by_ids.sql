-- How the viewer and people stand to each other. $1 viewer, $2 people.
SELECT k.id,
    EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = k.id OFFSET 0),
    EXISTS (SELECT FROM follows WHERE follower_id = k.id AND followee_id = $1 OFFSET 0),
    EXISTS (SELECT FROM blocks WHERE blocker_id = $1 AND blocked_id = k.id OFFSET 0),
    EXISTS (SELECT FROM mutes WHERE muter_id = $1 AND muted_id = k.id OFFSET 0)
FROM unnest($2::bigint[]) AS k(id)
