-- Some follows by or of a user: follower and followee. $1 user, $2 limit.
SELECT follower_id, followee_id FROM (
    (SELECT follower_id, followee_id FROM follows WHERE followee_id = $1 ORDER BY id LIMIT $2)
    UNION ALL
    (SELECT follower_id, followee_id FROM follows WHERE follower_id = $1 ORDER BY id LIMIT $2)
) f LIMIT $2
