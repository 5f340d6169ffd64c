-- The suspension of a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT s.user_id, jsonb_build_object('type', 'suspension', 'until', s.until, 'created_at', s.created_at)::text
FROM account_suspensions s WHERE s.user_id = $1 AND s.user_id > $2 LIMIT $3
