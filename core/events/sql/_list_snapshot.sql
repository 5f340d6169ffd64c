-- The horizon of a list, as text: a key that all running transactions' keys are above, then PostgreSQL's snapshot
-- (xmin:xmax:running). See _key_horizon.sql.
{key_horizon} || ':' || pg_current_snapshot()::text
