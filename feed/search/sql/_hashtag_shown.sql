-- Whether the viewer may see a post with hashtag h: the name alone tells what a post is about.
-- parameters: viewer=$1
-- needs: h (hashtags), hidden (ids)
EXISTS (
    SELECT FROM post_hashtags m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
    WHERE m.hashtag_id = h.id AND {user_not_hidden user=a viewer={viewer} muter=NULL::bigint} AND {post_readable viewer={viewer}} OFFSET 0
)
