-- Adds the job that removes the rows of each user in a CTE: `account_erase` in interactions/jobs.py.
-- parameters: of, cause
{jobs_added kind='account_erase' arguments=jsonb_build_object('user_id',id) unique_key='account_erase:'||id cause={cause} source={of}}
