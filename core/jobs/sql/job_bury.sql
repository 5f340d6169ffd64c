-- Records that a job has failed for good. $1 job, $2 lease, $3 reason.
UPDATE jobs SET failed_at = now(), lease = NULL, error = $3
WHERE id = $1 AND lease = $2
RETURNING id
