-- Marks pictures for removal that neither a post nor a profile uses. $1 since when they exist at least, $2 limit.
-- Gives their number.
WITH unused AS MATERIALIZED (
    SELECT id FROM media
    WHERE post_id IS NULL AND NOT is_avatar AND removed_at IS NULL AND created_at < now() - $1::interval
    ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), expired AS (
    UPDATE media SET removed_at = now() WHERE id IN (SELECT id FROM unused) RETURNING id
)
SELECT count(*) FROM expired
