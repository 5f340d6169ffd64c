-- For users p1 to p60: all follow p1 and are followed back; half of the posts are by p1, the others by one user each; all
-- have comments, replies, likes and shares by several users. The rows are inserted in the same order each time.
INSERT INTO follows (follower_id, followee_id)
SELECT a.id, b.id FROM users a, users b WHERE (a.username = 'p1') <> (b.username = 'p1') ORDER BY a.id, b.id;

INSERT INTO posts (author_id, text)
SELECT u.id, 'x' FROM generate_series(1, 120) n JOIN users u ON u.username = CASE WHEN n <= 60 THEN 'p' || n ELSE 'p1' END
ORDER BY n;

INSERT INTO comments (post_id, author_id, text)
SELECT p.id, u.id, 'x'
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
CROSS JOIN generate_series(1, 4) m JOIN users u ON u.username = 'p' || 1 + (n * 7 + m) % 60
ORDER BY p.id, m;

INSERT INTO comments (post_id, author_id, text)
SELECT (SELECT max(id) FROM posts), u.id, 'x' FROM users u ORDER BY u.id;

INSERT INTO comments (post_id, parent_id, author_id, text)
SELECT c.post_id, c.id, u.id, 'x'
FROM (SELECT id, post_id, row_number() OVER (ORDER BY id) AS n FROM comments) c
CROSS JOIN generate_series(1, 2) m JOIN users u ON u.username = 'p' || 1 + (n + m) % 60
ORDER BY c.id, m;

INSERT INTO post_likes (user_id, post_id)
SELECT u.id, p.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
CROSS JOIN generate_series(1, 4) m JOIN users u ON u.username = 'p' || 1 + (n + m) % 60
ORDER BY p.id, m;

INSERT INTO shares (user_id, post_id)
SELECT u.id, p.id
FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM posts) p
JOIN users u ON u.username = 'p' || 1 + n % 60
ORDER BY p.id;

INSERT INTO media (owner_id, post_id, position, alt_text, content_type, byte_size, state, width, height, placeholder)
SELECT p.author_id, p.id, m, 'x', 'image/png', 1, 'READY', 4, 3, 'x' FROM posts p CROSS JOIN generate_series(1, 4) m
ORDER BY p.id, m;
INSERT INTO post_edits (post_id, text, created_at)
SELECT id, 'x' || n, now() FROM (SELECT id FROM posts ORDER BY id DESC LIMIT 10) p CROSS JOIN generate_series(1, 40) n
ORDER BY id, n;
INSERT INTO post_words SELECT id, to_tsvector('simple', 'post') FROM posts ORDER BY id;

INSERT INTO hashtags (name) SELECT 'tag' || n FROM generate_series(1, 30) n ON CONFLICT DO NOTHING;
INSERT INTO post_hashtags (hashtag_id, post_id) SELECT h.id, p.id FROM hashtags h, posts p ORDER BY h.id, p.id;
INSERT INTO pinned_posts (user_id, post_id) SELECT author_id, max(id) FROM posts GROUP BY author_id ORDER BY author_id;

INSERT INTO notification_inboxes (user_id) SELECT id FROM users ORDER BY id;
INSERT INTO notifications (recipient_id, kind, thing_id, post_id, position, actor_count)
SELECT author_id, 1, id, id, row_number() OVER (ORDER BY id), 4 FROM posts ORDER BY id;
INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
SELECT n.id, l.user_id, n.recipient_id, n.thing_id, 1, 0
FROM notifications n JOIN post_likes l ON l.post_id = n.post_id ORDER BY l.id;

INSERT INTO bookmarks (user_id, post_id) SELECT u.id, p.id FROM posts p JOIN users u ON u.username = 'p1' ORDER BY p.id;

INSERT INTO trend_snapshots DEFAULT VALUES;
INSERT INTO trending_posts (position, post_id)
SELECT (SELECT max(id) FROM trend_snapshots) * 1000 + row_number() OVER (ORDER BY id), id FROM posts;
INSERT INTO trending_hashtags (position, hashtag_id)
SELECT (SELECT max(id) FROM trend_snapshots) * 1000 + row_number() OVER (ORDER BY id), id FROM hashtags;
