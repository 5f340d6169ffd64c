(count(*) FILTER (WHERE changed) OVER (PARTITION BY id))::int
