-- A row if another job will judge the posts of the same author, from the newest on, for the counts of their hashtags: one that is
-- not yet claimed, or was claimed together with this one. $1 job.
SELECT FROM jobs own JOIN jobs j ON j.arguments = jsonb_build_object('author', own.arguments->'author')
WHERE own.id = $1 AND j.kind = own.kind AND j.priority = own.priority AND j.failed_at IS NULL
AND (j.lease IS NULL OR (j.lease = own.lease AND j.id > own.id))
LIMIT 1
