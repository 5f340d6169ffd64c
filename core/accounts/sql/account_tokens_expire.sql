-- Deletes expired tokens. $1 limit. Gives their number.
WITH removed AS (
    DELETE FROM account_tokens WHERE id IN (
        SELECT id FROM account_tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
    )
    RETURNING 1
)
SELECT count(*) FROM removed
