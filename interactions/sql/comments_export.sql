-- Comments of a user for an archive, with all columns. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT c.id, (to_jsonb(c) - '{author_id,post_id,parent_id,entities,transaction}'::text[]
    || jsonb_build_object('type', 'comment', 'id', {global_id type=Comment of=c.id}, 'post', {global_id type=Post of=c.post_id},
    'parent', {global_id type=Comment of=c.parent_id}))::text
FROM comments c WHERE c.author_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3
