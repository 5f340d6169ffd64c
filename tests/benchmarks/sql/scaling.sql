-- Posts, users who follow more and more others, and authors and posts with more and more followers, likes, shares and comments.
-- The temporary tables `counts` and `followed` have the numbers in order (n, size), `posts_wanted` that of the posts.
CREATE TEMPORARY TABLE crowd AS SELECT id, row_number() OVER (ORDER BY id) AS n FROM users;

INSERT INTO posts (author_id, text)
SELECT c.id, 'Have they found it? ' || p.n
FROM generate_series(1, (SELECT number FROM posts_wanted)) AS p(n) JOIN crowd c ON c.n = 1 + p.n % 20000;

CREATE TEMPORARY TABLE targets AS
SELECT c.id AS author, p.id AS post, s.size FROM counts s JOIN crowd c ON c.n = 20000 + s.n
CROSS JOIN LATERAL (SELECT id FROM posts ORDER BY id OFFSET s.n LIMIT 1) p;

CREATE TEMPORARY TABLE actors AS
SELECT c.id, t.author, t.post FROM targets t JOIN crowd c ON c.n > 1000 AND c.n <= 1000 + t.size;

INSERT INTO follows (follower_id, followee_id) SELECT id, author FROM actors WHERE id <> author;
INSERT INTO post_likes (user_id, post_id) SELECT id, post FROM actors;
INSERT INTO shares (user_id, post_id) SELECT id, post FROM actors;
INSERT INTO comments (post_id, author_id, text) SELECT post, id, 'Yes' FROM actors;
UPDATE users u SET follower_count = t.size FROM targets t WHERE u.id = t.author;
UPDATE posts p SET like_count = t.size, share_count = t.size, comment_count = t.size FROM targets t WHERE p.id = t.post;

INSERT INTO follows (follower_id, followee_id)
SELECT r.id, c.id FROM followed s JOIN crowd r ON r.n = 30000 + s.n JOIN crowd c ON c.n > 5 AND c.n <= 5 + s.size;
