-- {POSTS} posts of two years, {USERS} users, {HASHTAGS} hashtags, and a user who follows 2,000 others.
SET session_replication_role = replica;
INSERT INTO users (id, username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT n, 'p' || n, 'p' || n || '@example.invalid', '!', 'Person ' || n, '', '', true, false, false FROM generate_series(2, {USERS} + 1) n;
INSERT INTO user_names (user_id, name) SELECT id, user_names_of(username, display_name) FROM users WHERE id > 1;
-- Two years.
INSERT INTO posts (id, author_id, text, like_count)
SELECT (((extract(epoch FROM now()) * 1000)::bigint - 1262304000000 - ({POSTS} - n) * 63072000000::bigint / {POSTS}) << 22) | n,
    2 + n % {USERS}, 'x', n % 7
FROM generate_series(1, {POSTS}) n;
INSERT INTO post_words (post_id, words)
SELECT id, (concat_ws(' ', $$'every':1 '猫':2 '猫犬':2 '犬':3$$, $$'@$$ || author_id || $$'$$,
    CASE WHEN id & 4194303 BETWEEN {POSTS} * 0.4 AND {POSTS} * 0.5 THEN $$'olympics':4$$ END,
    CASE WHEN (id & 4194303) % 10 = 0 THEN $$'tenth':5$$ END, CASE WHEN (id & 4194303) % 8000 = 0 THEN $$'rare':6$$ END))::tsvector
FROM posts;
INSERT INTO hashtags (name, post_count) SELECT 'tag' || n, 1 FROM generate_series(1, {HASHTAGS}) n;
INSERT INTO post_hashtags (hashtag_id, post_id) SELECT h.id, p.id FROM posts p JOIN hashtags h ON h.name = 'tag' || (p.id & 4194303) % 50;
-- Each hashtag has a post.
INSERT INTO post_hashtags (hashtag_id, post_id) SELECT h.id, p.id FROM posts p JOIN hashtags h ON h.name = 'tag' || (p.id & 4194303)
ON CONFLICT DO NOTHING;
INSERT INTO follows (follower_id, followee_id) SELECT 2, n FROM generate_series(3, 2002) n;
INSERT INTO follows (follower_id, followee_id) SELECT 3 + n % 2000, 2003 + n % 997 FROM generate_series(1, 100000) n ON CONFLICT DO NOTHING;
INSERT INTO events (kind, actor_id, post_id) SELECT 'post_liked', author_id, id FROM posts;
UPDATE users SET following_count = 2000 WHERE id = 2;
SET session_replication_role = origin;
ANALYZE
