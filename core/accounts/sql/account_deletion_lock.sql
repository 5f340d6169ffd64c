-- An account to be deleted of which something is left, locked until the transaction ends; locked ones are skipped.
SELECT user_id FROM account_deletions WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
