-- The definition of a home feed: of all posts and shares, the newest for each post. $1 viewer.
WITH source AS (
    SELECT followee_id AS id FROM follows
    WHERE follower_id = $1 AND followee_id NOT IN (SELECT muted_id FROM mutes WHERE muter_id = $1)
    AND followee_id NOT IN (SELECT user_id FROM account_deletions)
), reason AS (
    SELECT id AS post_id, id AS position, NULL::bigint AS sharer_id FROM posts
    WHERE author_id = $1 OR author_id IN (SELECT id FROM source)
    UNION ALL
    SELECT post_id, id, user_id FROM shares WHERE user_id IN (SELECT id FROM source)
), hidden AS (
    SELECT blocked_id AS id FROM blocks WHERE blocker_id = $1
    UNION SELECT blocker_id FROM blocks WHERE blocked_id = $1
    UNION SELECT muted_id FROM mutes WHERE muter_id = $1
    UNION SELECT user_id FROM account_deletions
)
SELECT DISTINCT ON (r.post_id) r.post_id, r.position, r.sharer_id
FROM reason r JOIN posts p ON p.id = r.post_id
WHERE p.author_id NOT IN (SELECT id FROM hidden)
ORDER BY r.post_id, r.position DESC
