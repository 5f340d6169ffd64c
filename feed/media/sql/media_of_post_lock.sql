-- Locks the pictures that a post has, and those that it may get, by key. $1 post, $2 media.
-- Not those that other posts have: a deletion of such a post has locked what this transaction may wait for.
SELECT id FROM media WHERE post_id = $1 OR id = ANY($2::bigint[]) AND post_id IS NULL ORDER BY id FOR UPDATE
