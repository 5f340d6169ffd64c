-- Records that a batch of a consumer failed. $1 name, $2 lease, $3 pause before the next attempt, $4 reason.
UPDATE event_consumers SET lease = NULL, leased_until = now() + $3::interval, error = $4
WHERE name = $1 AND lease = $2
RETURNING name
