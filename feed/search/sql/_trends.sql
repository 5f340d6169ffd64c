-- The snapshot of trends of a position, or the newest one, as the CTE `trends` (id): null if it has been removed, or if there is
-- none yet.
-- parameters: after
trends AS MATERIALIZED (
    SELECT CASE WHEN {after} = 0 THEN (SELECT max(id) FROM trend_snapshots)
        ELSE (SELECT id FROM trend_snapshots WHERE id = {after} / 1000) END AS id
)
