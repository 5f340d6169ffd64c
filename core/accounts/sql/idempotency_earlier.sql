-- What a used key was used for: hash of the input and key of the result. $1 viewer, $2 mutation, $3 key.
SELECT input_hash, result_id FROM idempotency_keys WHERE user_id = $1 AND mutation = $2 AND key = $3
