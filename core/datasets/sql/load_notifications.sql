-- Adds the notifications of likes, shares and comments of the newest posts and of the newest follows, for users who have none yet:
-- the newest two hundred of each, of which the newest five are not seen. $1 how many posts and follows. Gives their number.
WITH fresh AS MATERIALIZED (
    SELECT id, author_id FROM posts ORDER BY id DESC LIMIT $1
), causes AS MATERIALIZED (
    SELECT p.author_id AS recipient_id, {kind_like} AS kind, p.id AS thing_id, p.id AS post_id, m.user_id AS actor_id,
        0::bigint AS subject_id, m.created_at
    FROM fresh p CROSS JOIN LATERAL (
        SELECT user_id, created_at FROM post_likes WHERE post_id = p.id ORDER BY id DESC LIMIT 100
    ) m WHERE m.user_id <> p.author_id
    UNION ALL
    SELECT p.author_id, {kind_share}, p.id, p.id, m.user_id, 0, m.created_at
    FROM fresh p CROSS JOIN LATERAL (
        SELECT user_id, created_at FROM shares WHERE post_id = p.id ORDER BY id DESC LIMIT 100
    ) m WHERE m.user_id <> p.author_id
    UNION ALL
    SELECT p.author_id, {kind_comment}, p.id, p.id, m.author_id, m.id, m.created_at
    FROM fresh p CROSS JOIN LATERAL (
        SELECT id, author_id, created_at FROM comments WHERE post_id = p.id AND parent_id IS NULL ORDER BY id DESC LIMIT 100
    ) m WHERE m.author_id <> p.author_id
    UNION ALL
    SELECT followee_id, {kind_follow}, 0, NULL, follower_id, 0, created_at
    FROM (SELECT * FROM follows ORDER BY id DESC LIMIT $1) f
), grouped AS (
    SELECT recipient_id, kind, thing_id, post_id, least(count(DISTINCT actor_id), 100)::int AS actors, max(created_at) AS latest_at
    FROM causes c
    WHERE NOT EXISTS (SELECT FROM notification_inboxes i WHERE i.user_id = c.recipient_id OFFSET 0)
    GROUP BY recipient_id, kind, thing_id, post_id
), placed AS MATERIALIZED (
    -- No two of a recipient have the same position.
    SELECT g.*, (extract(epoch FROM latest_at) * 1000000)::bigint
        + row_number() OVER (PARTITION BY recipient_id ORDER BY latest_at, kind, thing_id) AS position,
        row_number() OVER (PARTITION BY recipient_id ORDER BY latest_at DESC, kind DESC, thing_id DESC) AS place
    FROM grouped g
), inboxes AS (
    INSERT INTO notification_inboxes (user_id, last_position, seen_through, added)
    SELECT recipient_id, max(position), coalesce(max(position) FILTER (WHERE place = 6), 0), least(count(*), 200) FROM placed
    GROUP BY recipient_id
), added AS (
    INSERT INTO notifications (recipient_id, kind, thing_id, post_id, position, actor_count)
    SELECT recipient_id, kind, thing_id, post_id, position, actors FROM placed WHERE place <= 200
    RETURNING id, recipient_id, kind, thing_id
), actors AS (
    INSERT INTO notification_actors (notification_id, actor_id, recipient_id, thing_id, kind, subject_id)
    SELECT n.id, c.actor_id, c.recipient_id, c.thing_id, c.kind, c.subject_id
    FROM (
        SELECT *, row_number() OVER (PARTITION BY recipient_id, kind, thing_id ORDER BY created_at DESC) AS place FROM causes
    ) c
    JOIN added n ON n.recipient_id = c.recipient_id AND n.kind = c.kind AND n.thing_id = c.thing_id
    WHERE c.place <= 100 ORDER BY c.created_at
)
SELECT count(*) FROM added
