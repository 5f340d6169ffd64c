-- The number of jobs that failed for good, by kind. $1: how many are counted at most.
SELECT kind, count(*) FROM (SELECT kind FROM jobs WHERE failed_at IS NOT NULL ORDER BY failed_at LIMIT $1) dead GROUP BY kind
