-- What is stored about an upload. $1 media.
SELECT owner_id, content_type, byte_size, state FROM media WHERE id = $1 AND removed_at IS NULL
