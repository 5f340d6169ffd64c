-- Records the result of a claimed key. $1 viewer, $2 mutation, $3 key, $4 key of the result.
UPDATE idempotency_keys SET result_id = $4 WHERE user_id = $1 AND mutation = $2 AND key = $3
