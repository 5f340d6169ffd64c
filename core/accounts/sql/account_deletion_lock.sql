-- Locks the mark of a deleted account whose grace period is over until the transaction ends. $1 user. No row if the account is
-- gone, restored or in its grace period.
SELECT user_id FROM account_deletions WHERE user_id = $1 AND erases_at <= now() FOR UPDATE
