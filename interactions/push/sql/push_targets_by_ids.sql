-- The user's push targets with these keys. $1 user, $2 keys.
SELECT id FROM push_targets WHERE id = ANY($2::bigint[]) AND user_id = $1
