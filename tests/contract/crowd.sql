-- For users p1 to p60: all follow p1 and are followed back; half of the posts are by p1, the others by one user each; all
-- have comments, replies, likes and shares by several users.
INSERT INTO follows (follower_id, followee_id)
SELECT a.id, b.id FROM users a, users b WHERE (a.username = 'p1') <> (b.username = 'p1');

INSERT INTO posts (author_id, text)
SELECT u.id, 'x' FROM generate_series(1, 60) n JOIN users u ON u.username = 'p' || n
UNION ALL
SELECT u.id, 'x' FROM generate_series(1, 60) n JOIN users u ON u.username = 'p1';

INSERT INTO comments (post_id, author_id, text)
SELECT p.id, u.id, 'x'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
CROSS JOIN generate_series(1, 4) m JOIN users u ON u.username = 'p' || 1 + (n * 7 + m) % 60;

INSERT INTO comments (post_id, author_id, text)
SELECT (SELECT max(id) FROM posts), u.id, 'x' FROM users u;

INSERT INTO comments (post_id, parent_id, author_id, text)
SELECT c.post_id, c.id, u.id, 'x'
FROM (SELECT id, post_id, row_number() OVER (ORDER BY id) AS n FROM comments) c
CROSS JOIN generate_series(1, 2) m JOIN users u ON u.username = 'p' || 1 + (n + m) % 60;

INSERT INTO post_likes (user_id, post_id)
SELECT u.id, p.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
CROSS JOIN generate_series(1, 4) m JOIN users u ON u.username = 'p' || 1 + (n + m) % 60;

INSERT INTO shares (user_id, post_id)
SELECT u.id, p.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
JOIN users u ON u.username = 'p' || 1 + n % 60;
