-- Locks the mark of a deleted account until the transaction ends. $1 user. No row if the account is gone.
SELECT user_id FROM account_deletions WHERE user_id = $1 FOR UPDATE
