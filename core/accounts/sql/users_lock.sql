-- Locks users in the order of their keys, so that transactions that follow and block the same users run one after the
-- other. A statement of its own: the next one must see what was committed while this one waited. $1 users.
SELECT id FROM users WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE
