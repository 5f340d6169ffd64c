-- The account of a user for an archive, with all columns. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT u.id, (to_jsonb(u) - '{password,is_superuser}'::text[]
    || jsonb_build_object('type', 'account', 'id', {global_id type=User of=u.id}))::text
FROM users u WHERE u.id = $1 AND u.id > $2 LIMIT $3
