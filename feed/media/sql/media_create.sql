-- Begins an upload. $1 owner, $2 content type, $3 bytes, $4 how many unused pictures a user may have.
-- One row with its key; none if the owner has so many. The owner is locked already.
INSERT INTO media (owner_id, content_type, byte_size)
SELECT $1, $2, $3
WHERE (
    SELECT count(*) FROM (
        SELECT FROM media WHERE owner_id = $1 AND post_id IS NULL AND NOT is_avatar AND removed_at IS NULL LIMIT $4
    ) unused
) < $4
RETURNING id
