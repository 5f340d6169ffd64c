-- Claims a client's key, waiting for a transaction that holds it; no row if it has been used.
-- $1 viewer, $2 mutation, $3 key, $4 hash of the input. The result is filled in by `idempotency_settle`.
INSERT INTO idempotency_keys (user_id, mutation, key, input_hash, result_id) VALUES ($1, $2, $3, $4, 0)
ON CONFLICT DO NOTHING
RETURNING result_id
