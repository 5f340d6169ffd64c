-- A deleted account of which something is left to remove, locked until the transaction ends; others look past it.
SELECT user_id FROM account_deletions WHERE next_at <= clock_timestamp() ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED
