-- Comments of a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT c.id, jsonb_build_object('type', 'comment', 'id', {global_id type=Comment of=c.id}, 'post', {global_id type=Post of=c.post_id},
    'parent', {global_id type=Comment of=c.parent_id}, 'text', c.text, 'created_at', c.created_at, 'like_count', c.like_count)::text
FROM comments c WHERE c.author_id = $1 AND c.id > $2 ORDER BY c.id LIMIT $3
