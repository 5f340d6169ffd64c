-- Adds an erasure job for each deleted account whose grace period is over and that has none. $1 limit. Gives the accounts.
WITH deleted AS (
    SELECT user_id AS id FROM account_deletions d
    WHERE d.erases_at <= now() AND NOT EXISTS (SELECT FROM jobs WHERE unique_key = 'account_erase:' || d.user_id)
    ORDER BY d.erases_at LIMIT $1
), erasure AS (
    {erasure_added of=deleted cause=NULL}
)
SELECT id FROM deleted
