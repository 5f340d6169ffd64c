-- Pictures of a user for an archive, with all columns. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT m.id, (to_jsonb(m) - '{owner_id,post_id,removed_at}'::text[]
    || jsonb_build_object('type', 'media', 'id', {global_id type=Media of=m.id}, 'post', {global_id type=Post of=m.post_id}))::text
FROM media m WHERE m.owner_id = $1 AND m.id > $2 AND m.removed_at IS NULL ORDER BY m.id LIMIT $3
