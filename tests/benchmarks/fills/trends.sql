-- Posts of two days with their likes, comments and hashtags. {users}, {posts}, {events}, {hashtags}: how many.
SET session_replication_role = replica;
INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
SELECT 'p' || n, 'p' || n || '@example.invalid', '!', 'P' || n, '', '', true, false, false
FROM generate_series(1, {users}) n;
CREATE TEMP TABLE u AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM users;
CREATE INDEX ON u (n);
INSERT INTO posts (id, author_id, text, created_at, like_count, comment_count)
SELECT (((extract(epoch FROM now()) * 1000)::bigint - 1262304000000 - ({posts} - m) * 172800000::bigint / {posts}) << 22) | (m & 4194303),
    u.id, 'x', now(), (power(random(), 8) * 300)::int, (power(random(), 8) * 100)::int
FROM generate_series(1, {posts}) m JOIN u ON u.n = 1 + (m::bigint * 7919) % {users};
CREATE TEMP TABLE p AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM posts;
CREATE INDEX ON p (n);
INSERT INTO comments (post_id, author_id, text)
SELECT p.id, u.id, 'x' FROM generate_series(1, {posts} / 2) m
JOIN p ON p.n = 1 + (m * 31::bigint) % {posts} JOIN u ON u.n = 1 + (m::bigint * 104729) % {users};
INSERT INTO hashtags (name, post_count) SELECT 'tag' || n, 1 FROM generate_series(1, {hashtags}) n;
CREATE TEMP TABLE h AS SELECT row_number() OVER (ORDER BY id) AS n, id FROM hashtags;
CREATE INDEX ON h (n);
INSERT INTO post_hashtags (hashtag_id, post_id)
SELECT h.id, p.id FROM p JOIN h ON h.n = 1 + (power((p.n * 7919 % 100003) / 100003.0, 3) * ({hashtags} - 1))::int WHERE p.n % 3 = 0;
INSERT INTO events (kind, actor_id, post_id)
SELECT 'post_liked', u.id, p.id FROM (
    SELECT m, CASE WHEN m > {events} - 40000 THEN {posts} - 1000 ELSE {posts} - (power(random(), 4) * ({posts} - 1))::int END AS post
    FROM generate_series(1, {events}) m OFFSET 0
) e
JOIN u ON u.n = 1 + (m::bigint * 104729) % {users} JOIN p ON p.n = e.post
ORDER BY m;
SET session_replication_role = origin;
VACUUM (ANALYZE) users, posts, comments, hashtags, post_hashtags, events
