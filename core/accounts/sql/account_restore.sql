-- Takes back the deletion of an account within its grace period; the mark and the user are locked already. $1 user. No row if there is none.
-- The time is that at which the locks are held, not that of the transaction's beginning: the worker may have begun to erase meanwhile.
WITH restored AS (
    DELETE FROM account_deletions WHERE user_id = $1 AND erases_at > clock_timestamp() RETURNING user_id
), unscheduled AS (
    DELETE FROM jobs WHERE unique_key = 'account_erase:' || $1 AND EXISTS (SELECT FROM restored)
), logged AS (
    INSERT INTO events (kind, actor_id) SELECT 'user_restored', user_id FROM restored
)
UPDATE users u SET is_active = NOT EXISTS (SELECT FROM account_suspensions s WHERE s.user_id = u.id)
FROM restored WHERE u.id = restored.user_id
RETURNING u.id
