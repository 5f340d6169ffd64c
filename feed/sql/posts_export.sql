-- Posts of a user for an archive, with all columns. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT p.id, (to_jsonb(p) - '{author_id,entities,quoted_post_id,transaction}'::text[]
    || jsonb_build_object('type', 'post', 'id', {global_id type=Post of=p.id}, 'quotes', {global_id type=Post of=p.quoted_post_id},
    'is_pinned', EXISTS (SELECT FROM pinned_posts n WHERE n.user_id = $1 AND n.post_id = p.id OFFSET 0),
    'earlier_versions', (SELECT jsonb_agg(jsonb_build_object('text', e.text, 'content_warning', e.content_warning,
        'created_at', e.created_at) ORDER BY e.id) FROM post_edits e WHERE e.post_id = p.id)))::text
FROM posts p WHERE p.author_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3
