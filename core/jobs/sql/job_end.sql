-- Ends a job in the transaction of its effect. $1 job, $2 lease. No row if the lease was lost.
DELETE FROM jobs WHERE id = $1 AND lease = $2 RETURNING id
