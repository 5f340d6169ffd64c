-- Adds the reason of one event to the kept home feeds of some of the actor's followers, in the order of follows, and to the
-- actor's own. The event is the one after a position ($1, $2) and up to another ($3, $4): transaction, event. $5 actor,
-- $6 the follow after which to begin, $7 limit. Gives the last follow and whether there may be more.
WITH {new_reasons}, followers AS MATERIALIZED (
    SELECT id, follower_id FROM follows WHERE followee_id = $5 AND id > $6 ORDER BY id LIMIT $7
), readers AS (
    SELECT r.*, r.actor_id AS reader_id FROM reasons r WHERE r.sharer_id IS NULL AND $6 = 0
    UNION ALL
    SELECT r.*, f.follower_id FROM reasons r CROSS JOIN followers f WHERE r.actor_id = $5
), added AS (
    INSERT INTO home_feed_reasons (feed_id, position, post_id, sharer_id, transaction)
    SELECT h.id, r.position, r.post_id, r.sharer_id, r.transaction
    FROM readers r JOIN home_feeds h ON h.reader_id = r.reader_id AND h.retired_at IS NULL AND h.is_adopted
    ON CONFLICT DO NOTHING
)
SELECT coalesce(max(id), 0), count(*) = $7 FROM followers
