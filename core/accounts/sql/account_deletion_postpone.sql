-- Says that a deletion has failed and when to go on. $1 user.
UPDATE account_deletions SET attempts = attempts + 1,
    next_at = clock_timestamp() + least(interval '1 second' * 2 ^ least(attempts, 12), interval '10 minutes')
WHERE user_id = $1
RETURNING attempts
