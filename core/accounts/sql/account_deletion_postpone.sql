-- Records that a deletion failed and when to try it again. $1 user.
UPDATE account_deletions SET attempts = attempts + 1,
    next_at = clock_timestamp() + least(interval '1 second' * 2 ^ least(attempts, 12), interval '10 minutes')
WHERE user_id = $1
RETURNING attempts
