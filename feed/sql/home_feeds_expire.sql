-- Retires kept home feeds that are a week old, or that no worker has adopted in time ({kept_feed}). $1 limit.
-- Gives the number of feeds.
WITH old AS (
    SELECT id FROM home_feeds WHERE retired_at IS NULL AND built_at < now() - interval '7 days'
    UNION ALL
    SELECT id FROM home_feeds WHERE retired_at IS NULL AND NOT is_adopted AND built_at < now() - interval '10 minutes'
    LIMIT $1
), locked AS (
    SELECT id FROM home_feeds WHERE id IN (SELECT id FROM old) ORDER BY id FOR UPDATE SKIP LOCKED
), retired AS (
    UPDATE home_feeds SET retired_at = now() WHERE id IN (SELECT id FROM locked) RETURNING id
)
SELECT count(*) FROM retired
