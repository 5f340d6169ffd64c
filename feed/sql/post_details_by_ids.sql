-- Further columns of posts: the key, {segments}, those of PostDetailRow, whether the post quotes another, then the columns of
-- that one, null if the viewer may not see it. Whether the posts themselves are visible has been decided. $1 viewer, $2 posts,
-- $3 the viewer if mutes hide, or NULL.
-- variants: anonymous
SELECT d.id AS detailed_id, {segments of=d}, d.language, d.content_warning, d.quote_count,
    CASE WHEN d.author_id = $1 THEN d.bookmark_count END AS bookmark_count,
    {viewer_state table=bookmarks column=post_id viewer=$1 key=d.id} AS viewer_has_bookmarked,
    d.quoted_post_id IS NOT NULL AS is_quote, {post}
FROM posts d
LEFT JOIN posts p JOIN users a ON a.id = p.author_id ON p.id = d.quoted_post_id AND {post_visible}
    AND {unmuted user_id=p.author_id viewer=$3::bigint}
WHERE d.id = ANY($2::bigint[])
