-- Some posts or comments that a user reacts to. $1 user, $2 limit.
-- parameters: target, table
SELECT {target}_id FROM {table} WHERE user_id = $1 ORDER BY {target}_id LIMIT $2
