-- Locks pictures, by key. $1 media.
SELECT id FROM media WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE
