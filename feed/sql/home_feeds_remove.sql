-- Removes rows of kept home feeds that were retired more than a minute ago: no transaction adds to them any more.
-- $1 limit of reasons. Gives the number of rows.
WITH retired AS MATERIALIZED (
    SELECT id FROM home_feeds WHERE retired_at < now() - interval '1 minute'
    ORDER BY retired_at LIMIT 10 FOR UPDATE SKIP LOCKED
), batch AS MATERIALIZED (
    SELECT r.feed_id, r.position FROM retired CROSS JOIN LATERAL (
        SELECT feed_id, position FROM home_feed_reasons WHERE feed_id = retired.id LIMIT $1
    ) r LIMIT $1
), removed AS (
    DELETE FROM home_feed_reasons r USING batch WHERE r.feed_id = batch.feed_id AND r.position = batch.position RETURNING 1
), ended AS (
    DELETE FROM home_feeds WHERE (SELECT count(*) FROM batch) < $1 AND id IN (SELECT id FROM retired) RETURNING 1
)
SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM ended)
