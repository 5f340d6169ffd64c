-- Locks two people, in the order of their keys, so that following and blocking each other come one after the other.
-- $1 and $2 the people.
SELECT id FROM users WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) ORDER BY id FOR NO KEY UPDATE
