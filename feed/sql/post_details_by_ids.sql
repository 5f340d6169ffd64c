-- Further columns of posts: the key, {segments}, then those of PostDetailRow. Whether the posts are visible has been decided.
-- $1 viewer, $2 posts.
-- variants: anonymous
SELECT p.id, {segments of=p}, p.language, p.content_warning, p.quote_count,
    CASE WHEN p.author_id = $1 THEN p.bookmark_count END AS bookmark_count,
    {viewer_state table=bookmarks column=post_id viewer=$1 key=p.id} AS viewer_has_bookmarked
FROM posts p WHERE p.id = ANY($2::bigint[])
