-- Adds the job that removes the rows of each user in a CTE: `account_erase` in interactions/jobs.py.
-- parameters: of, cause, run_at=now()
{jobs_added kind='account_erase' arguments=jsonb_build_object('user_id',id) unique_key='account_erase:'||id cause={cause} run_at={run_at} source={of}}
