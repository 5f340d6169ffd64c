-- Hashtags that at least two users have in public posts, those that trend most first. Looked through are $1 of the newest uses;
-- $2 limit. Each user counts once, by the newest use: half of one that is four hours newer.
SELECT hashtag_id
FROM (
    SELECT u.hashtag_id, p.author_id, max(u.post_id) AS newest
    FROM (SELECT hashtag_id, post_id FROM post_hashtags ORDER BY post_id DESC LIMIT $1) u
    JOIN posts p ON p.id = u.post_id JOIN users a ON a.id = p.author_id
    WHERE {post_public} AND a.is_active
    GROUP BY u.hashtag_id, p.author_id
) users
GROUP BY hashtag_id HAVING count(*) > 1
-- 200 halvings are as good as more, and not too small for a number.
ORDER BY sum(power(0.5, least(extract(epoch FROM now() - {key_time key=newest}) / 14400, 200)::float8)) DESC, hashtag_id DESC
LIMIT $2
