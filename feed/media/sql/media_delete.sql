-- Deletes pictures whose files have been removed. $1 media.
DELETE FROM media WHERE id = ANY($1::bigint[]) AND removed_at IS NOT NULL
