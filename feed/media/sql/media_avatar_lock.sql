-- Locks the picture of a profile, and the one that takes its place, by key. $1 owner, $2 media, or null for none.
SELECT id FROM media WHERE owner_id = $1 AND (is_avatar OR id = $2) ORDER BY id FOR UPDATE
