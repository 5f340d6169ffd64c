-- Public posts to which others react, those that trend most first: post, author. Looked through are $1 of the newest posts, the
-- posts of $2 of the newest events, and those that trend now; of each author the best $3, of all $4; $5 limit.
-- Likes and shares count, and users other than the author among those who wrote the newest hundred comments.
WITH candidates AS MATERIALIZED (
    (SELECT id FROM posts ORDER BY id DESC LIMIT $1)
    UNION
    SELECT post_id FROM (SELECT kind, post_id FROM events ORDER BY transaction DESC, id DESC LIMIT $2) e
    WHERE kind IN ('post_liked', 'post_shared', 'comment_created')
    UNION
    SELECT post_id FROM trending_posts WHERE position > (SELECT max(id) FROM trend_snapshots) * 1000
), scored AS (
    SELECT p.id, p.author_id, p.like_count + p.share_count AS reactions,
        {trend_score reactions=(p.like_count+p.share_count+p.comment_count) key=p.id} AS score
    FROM candidates c JOIN posts p ON p.id = c.id JOIN users a ON a.id = p.author_id
    WHERE p.like_count + p.share_count + p.comment_count > 0 AND p.content_warning IS NULL
    AND {post_public} AND a.is_active
), promising AS MATERIALIZED (
    SELECT id, author_id, reactions
    FROM (SELECT *, row_number() OVER (PARTITION BY author_id ORDER BY score DESC, id DESC) AS n FROM scored) s
    WHERE n <= $3 ORDER BY score DESC, id DESC LIMIT $4
), counted AS MATERIALIZED (
    SELECT id, author_id, reactions
        - EXISTS (SELECT FROM post_likes WHERE user_id = p.author_id AND post_id = p.id OFFSET 0)::integer
        - EXISTS (SELECT FROM shares WHERE user_id = p.author_id AND post_id = p.id OFFSET 0)::integer
        + (SELECT count(DISTINCT author_id) FILTER (WHERE author_id <> p.author_id)
            FROM (SELECT author_id FROM comments WHERE post_id = p.id ORDER BY id DESC LIMIT 100) newest) AS reactions
    FROM promising p
)
SELECT id, author_id FROM counted WHERE reactions > 0
ORDER BY {trend_score reactions=reactions key=id} DESC, id DESC LIMIT $5
