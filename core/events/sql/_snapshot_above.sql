-- What the statement sees of lists, PostgreSQL's snapshot as text (xmin:xmax:running), if a position is above the horizon;
-- else null, in the column `snapshot`. The horizon is one that the process has read before (core/events/list_horizon.py).
-- parameters: position, horizon
CASE WHEN {position} > {horizon} THEN pg_current_snapshot()::text END AS snapshot
