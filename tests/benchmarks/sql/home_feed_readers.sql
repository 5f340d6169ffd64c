-- Readers, and users with followers, in a database with a trace. The temporary table `wanted` has their names, how many users
-- each follows and by how many each is followed.
CREATE TEMPORARY TABLE authors AS
SELECT id FROM (SELECT author_id AS id FROM posts UNION ALL SELECT user_id FROM shares) wrote
GROUP BY id ORDER BY count(*) DESC, id LIMIT 20000;

CREATE TEMPORARY TABLE added AS
WITH made AS (
    INSERT INTO users (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
    SELECT name, name || '@example.invalid', '!', name, '', '', true, false, false FROM wanted
    RETURNING id, username
)
SELECT made.id, follows, followers FROM made JOIN wanted ON name = username;

INSERT INTO follows (follower_id, followee_id)
SELECT r.id, a.id FROM added r
CROSS JOIN LATERAL (SELECT id FROM authors ORDER BY hashint8(id # r.id), id LIMIT r.follows) a;

INSERT INTO follows (follower_id, followee_id)
SELECT u.id, a.id FROM added a
CROSS JOIN LATERAL (SELECT id FROM users WHERE username ~ '^u[0-9]' ORDER BY id LIMIT a.followers) u;

UPDATE users u SET follower_count = f.n
FROM (SELECT followee_id AS id, count(*)::int AS n FROM follows GROUP BY 1) f
WHERE f.id = u.id AND f.n <> u.follower_count;
UPDATE users u SET following_count = f.n
FROM (SELECT follower_id AS id, count(*)::int AS n FROM follows GROUP BY 1) f
WHERE f.id = u.id AND f.n <> u.following_count;

-- Kept feeds of all these followers, with some rows. What they lack lies before their floors.
WITH feeds AS (
    INSERT INTO home_feeds (reader_id, floor, built_transaction, is_adopted)
    SELECT follower_id, time_ordered_key(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint, true
    FROM (SELECT DISTINCT follower_id FROM follows JOIN added ON added.id = followee_id AND followers > 0) f
    RETURNING id
)
INSERT INTO home_feed_reasons (feed_id, position, post_id) SELECT id, n, n FROM feeds, generate_series(1, 20) n;
