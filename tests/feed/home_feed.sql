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
JOIN users a ON a.id = p.author_id
WHERE p.author_id NOT IN (SELECT id FROM hidden)
AND (p.author_id = $1 OR CASE greatest(p.visibility, a.is_private::int)
    WHEN 0 THEN true
    WHEN 1 THEN p.author_id IN (SELECT followee_id FROM follows WHERE follower_id = $1)
    ELSE p.id IN (SELECT post_id FROM post_mentions WHERE user_id = $1) END)
ORDER BY r.post_id, r.position DESC
