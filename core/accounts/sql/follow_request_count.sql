-- How many users ask to follow the viewer, up to a limit: those that the list of requests shows. $1 viewer, $2 limit.
WITH {hidden muter=NULL::bigint}
SELECT count(*) FROM (
    SELECT FROM follow_requests WHERE target_id = $1 AND {not_hidden user_id=requester_id muter=NULL::bigint} LIMIT $2
) r
