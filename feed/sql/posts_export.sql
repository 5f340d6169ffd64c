-- Posts of a user for an archive. $1 user, $2 after this position, $3 limit. Rows: position, a line of JSON.
SELECT p.id, jsonb_build_object('type', 'post', 'id', {global_id type=Post of=p.id}, 'text', p.text, 'created_at', p.created_at,
    'edited_at', p.edited_at, 'visibility', p.visibility, 'language', p.language,
    'content_warning', p.content_warning, 'quotes', {global_id type=Post of=p.quoted_post_id},
    'earlier_versions', (SELECT jsonb_agg(jsonb_build_object('text', e.text, 'content_warning', e.content_warning,
        'created_at', e.created_at) ORDER BY e.id) FROM post_edits e WHERE e.post_id = p.id),
    'like_count', p.like_count, 'comment_count', p.comment_count, 'share_count', p.share_count, 'quote_count', p.quote_count,
    'bookmark_count', p.bookmark_count)::text
FROM posts p WHERE p.author_id = $1 AND p.id > $2 ORDER BY p.id LIMIT $3
