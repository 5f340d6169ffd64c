-- Gives up the leases of jobs whose runs were cancelled: they are due at once, and these runs don't count. $1 jobs, $2 leases.
WITH leased AS MATERIALIZED (
    SELECT j.id FROM unnest($1::bigint[], $2::bigint[]) AS run(id, lease)
    JOIN jobs j ON j.id = run.id AND j.lease = run.lease
    ORDER BY j.id FOR UPDATE OF j
)
UPDATE jobs j SET run_at = now(), lease = NULL, attempts = greatest(j.attempts - 1, 0) FROM leased WHERE j.id = leased.id
RETURNING j.id
