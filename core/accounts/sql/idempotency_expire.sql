-- Deletes clients' keys past their retention. $1 retention, $2 limit. Gives the number of keys.
WITH removed AS (
    DELETE FROM idempotency_keys k USING (
        SELECT user_id, mutation, key FROM idempotency_keys
        WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT $2
    ) old
    WHERE (k.user_id, k.mutation, k.key) = (old.user_id, old.mutation, old.key)
    RETURNING 1
)
SELECT count(*) FROM removed
