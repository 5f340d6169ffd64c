-- The state of a picture whose file has arrived, locked so that its upload is not finished and it is not removed meanwhile. $1 media.
SELECT state FROM media WHERE id = $1 AND removed_at IS NULL FOR SHARE
