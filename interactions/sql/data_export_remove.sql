-- Deletes the archive of a user, unless it is being made. $1 user.
DELETE FROM data_exports WHERE user_id = $1 AND state <> 'PENDING' RETURNING id
