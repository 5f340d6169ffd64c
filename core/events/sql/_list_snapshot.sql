-- What the statement sees of lists, as text: the horizon of lists ({key_horizon}), then PostgreSQL's snapshot
-- (xmin:xmax:running).
{key_horizon} || ':' || pg_current_snapshot()::text
