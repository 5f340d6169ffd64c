-- Prolongs the leases of running jobs. $1 jobs, $2 their leases, $3 length. One row for each that still holds its lease.
WITH leased AS MATERIALIZED (
    SELECT j.id FROM unnest($1::bigint[], $2::bigint[]) AS run(id, lease)
    JOIN jobs j ON j.id = run.id AND j.lease = run.lease
    ORDER BY j.id FOR UPDATE OF j
)
UPDATE jobs j SET run_at = now() + $3::interval FROM leased WHERE j.id = leased.id
RETURNING j.id
