-- The state of a picture of the owner that can be that of the profile. $1 owner, $2 media. The media are locked.
SELECT state FROM media WHERE id = $2 AND owner_id = $1 AND removed_at IS NULL AND state IN ('PROCESSING', 'READY')
