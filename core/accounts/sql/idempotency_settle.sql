-- Remembers what was made for a claimed key. $1 viewer, $2 mutation, $3 key, $4 key of what was made.
UPDATE idempotency_keys SET result_id = $4 WHERE user_id = $1 AND mutation = $2 AND key = $3
