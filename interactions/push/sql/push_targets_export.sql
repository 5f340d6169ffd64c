-- Push targets of a user for an archive, without keys and tokens. $1 user, $2 after this position, $3 limit.
-- Rows: position, a line of JSON.
SELECT t.id, jsonb_build_object('type', 'push_target', 'id', {global_id type=PushTarget of=t.id}, 'kind', t.kind,
    'session', {global_id type=AccountSession of=t.session_id}, 'created_at', t.created_at,
    'registered_at', t.registered_at)::text
FROM push_targets t WHERE t.user_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3
