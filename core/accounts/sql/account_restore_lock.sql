-- Locks the mark of a deleted account within its grace period. $1 user. No row if there is none.
SELECT user_id FROM account_deletions WHERE user_id = $1 AND erases_at > now() FOR UPDATE
