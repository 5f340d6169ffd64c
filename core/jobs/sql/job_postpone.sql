-- Records that a run failed, and when the job is tried again. $1 job, $2 lease, $3 delay, $4 reason.
UPDATE jobs SET run_at = now() + $3::interval, lease = NULL, error = $4
WHERE id = $1 AND lease = $2
RETURNING id
