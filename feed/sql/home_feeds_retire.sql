-- Retires some of the kept home feeds that the worker adds to. $1 limit. Gives the number of feeds.
WITH batch AS MATERIALIZED (
    SELECT id FROM home_feeds WHERE retired_at IS NULL AND is_adopted LIMIT $1
), retired AS (
    UPDATE home_feeds SET retired_at = now() WHERE id IN (SELECT id FROM batch) RETURNING id
)
SELECT count(*) FROM retired
