-- Ends an upload and adds the job that processes it, once. $1 owner, $2 media, $3 id of the request.
WITH finished AS (
    UPDATE media SET state = 'PROCESSING', finished_at = now()
    WHERE id = $2 AND owner_id = $1 AND state = 'UPLOADING' AND removed_at IS NULL
    RETURNING id
)
{jobs_added kind='media_process' arguments=jsonb_build_object('media',id) unique_key='media_process:'||id cause=$3::text source=finished}
RETURNING id
