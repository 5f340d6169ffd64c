-- Reactions of one kind by a user, for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
-- parameters: name, target, table
SELECT r.{target}_id, jsonb_build_object('type', '{name}',
    '{target}', translate(encode(convert_to(initcap('{target}') || ':' || r.{target}_id, 'UTF8'), 'base64'), E'\n', ''),
    'created_at', r.created_at)::text
FROM {table} r WHERE r.user_id = $1 AND r.{target}_id > $2 ORDER BY r.{target}_id LIMIT $3
