-- Ends an archive. $1 archive, $2 state, $3 how long it can be downloaded.
UPDATE data_exports SET state = $2, expires_at = now() + $3::interval WHERE id = $1 AND state = 'PENDING' RETURNING user_id
