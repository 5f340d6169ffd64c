-- Users whose suspension is over. $1 limit.
SELECT user_id FROM account_suspensions WHERE until <= now() ORDER BY until LIMIT $1
