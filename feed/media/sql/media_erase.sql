-- Takes some pictures from the owner of a deleted account, so that they are removed. $1 owner, $2 limit. Gives their number.
WITH found AS MATERIALIZED (
    SELECT id FROM media WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE
), erased AS (
    UPDATE media SET owner_id = NULL, post_id = NULL, is_avatar = false, removed_at = coalesce(removed_at, now())
    WHERE id IN (SELECT id FROM found)
    RETURNING id
)
SELECT count(*) FROM erased
