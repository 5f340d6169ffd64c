-- Whether the viewer may see one of the newest posts with hashtag h: the name alone tells what a post is about.
-- parameters: viewer=$1, newest=100
-- needs: h (hashtags), hidden (ids)
EXISTS (
    SELECT FROM (SELECT post_id FROM post_hashtags WHERE hashtag_id = h.id ORDER BY post_id DESC LIMIT {newest}) m JOIN posts p ON p.id = m.post_id JOIN users a ON a.id = p.author_id
    WHERE {user_not_hidden user=a viewer={viewer} muter=NULL::bigint} AND {post_readable viewer={viewer}} OFFSET 0
)
