-- Ends jobs that have succeeded (group commit). $1 jobs, $2 their leases. One row for each that held its lease: number, job.
WITH leased AS MATERIALIZED (
    SELECT j.id, run.number
    FROM unnest($1::text::bigint[], $2::text::bigint[]) WITH ORDINALITY AS run(id, lease, number)
    JOIN jobs j ON j.id = run.id AND j.lease = run.lease
    ORDER BY j.id FOR UPDATE OF j
)
DELETE FROM jobs j USING leased WHERE j.id = leased.id RETURNING leased.number, j.id
