-- What the statement sees of lists, as `_list_snapshot.sql` returns it, if a position is above the horizon; else null.
-- parameters: position
-- needs: horizon (key)
CASE WHEN {position} > (SELECT key FROM horizon) THEN (SELECT key FROM horizon) || ':' || pg_current_snapshot()::text END
