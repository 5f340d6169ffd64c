-- Adds the reasons of events to the kept home feeds of the actors' followers, and their own. Events after a position
-- ($1, $2) and up to another ($3, $4): transaction, event.
WITH {new_reasons}, readers AS (
    SELECT r.*, r.actor_id AS reader_id FROM reasons r WHERE r.sharer_id IS NULL
    UNION ALL
    SELECT r.*, f.follower_id FROM reasons r
    CROSS JOIN LATERAL (SELECT follower_id FROM follows WHERE followee_id = r.actor_id OFFSET 0) f
)
INSERT INTO home_feed_reasons (feed_id, position, post_id, sharer_id, transaction)
SELECT h.id, r.position, r.post_id, r.sharer_id, r.transaction
FROM readers r JOIN home_feeds h ON h.reader_id = r.reader_id AND h.retired_at IS NULL AND h.is_adopted
ON CONFLICT DO NOTHING
