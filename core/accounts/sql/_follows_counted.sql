-- Counts follows that began or ended with both of their users. {sign} of the counts is + or -.
-- parameters: sign, follows
-- needs: {follows} (follower_id, followee_id)
UPDATE users u SET
    follower_count = u.follower_count {sign} c.followers, following_count = u.following_count {sign} c.following
FROM (
    SELECT id, sum(followers)::int AS followers, sum(following)::int AS following FROM (
        SELECT followee_id AS id, 1 AS followers, 0 AS following FROM {follows}
        UNION ALL
        SELECT follower_id, 0, 1 FROM {follows}
    ) ends GROUP BY id
) c
WHERE u.id = c.id
