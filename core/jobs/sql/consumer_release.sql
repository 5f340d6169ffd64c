-- Gives up the lease of a consumer whose batch did not begin or was cancelled: it does not count as an attempt.
-- $1 name, $2 lease.
UPDATE event_consumers SET attempts = greatest(attempts - 1, 0), lease = NULL, leased_until = now()
WHERE name = $1 AND lease = $2
RETURNING name
