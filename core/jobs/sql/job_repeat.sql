-- Makes a job due again after a run that succeeded. $1 job, $2 lease, $3 delay. No row if the lease was lost.
UPDATE jobs SET run_at = clock_timestamp() + $3::interval, lease = NULL, attempts = 0, lost = 0, error = ''
WHERE id = $1 AND lease = $2
RETURNING id
