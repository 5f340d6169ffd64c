-- Ends an upload and adds the job that processes it, once. $1 owner, $2 media, $3 id of the request, $4 how many pictures of
-- a user have the priority of everybody's first ones, of those that wait or are processed. Further ones have a low priority.
WITH finished AS (
    UPDATE media SET state = 'PROCESSING', finished_at = now()
    WHERE id = $2 AND owner_id = $1 AND state = 'UPLOADING' AND removed_at IS NULL
    RETURNING id
), picture AS (
    SELECT id, CASE WHEN (
        SELECT count(*) FROM (SELECT state FROM media WHERE owner_id = $1 ORDER BY id DESC LIMIT 100) newest WHERE state = 'PROCESSING'
    ) < $4 THEN 1 ELSE 2 END AS priority
    FROM finished
)
{jobs_added kind='media_process' arguments=jsonb_build_object('media',id) unique_key='media_process:'||id cause=$3::text priority=priority source=picture}
RETURNING id
