-- Adds the job that removes an account for deleted accounts that have none. $1 limit. Gives the accounts.
WITH deleted AS (
    SELECT user_id AS id FROM account_deletions d
    WHERE NOT EXISTS (SELECT FROM jobs WHERE unique_key = 'account_erase:' || d.user_id)
    ORDER BY user_id LIMIT $1
), erasure AS (
    {erasure_added of=deleted cause=NULL}
)
SELECT id FROM deleted
