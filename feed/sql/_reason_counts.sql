-- Whether reason r counts: the viewer may see what was shared; it is no share from before the post by an author whom the
-- viewer follows anyway; and no followee of the viewer has shared the post since. Most posts have no such share at
-- all, which one index probe shows. For the others: through the sharers or through the followees, where a step costs
-- four times as much, whichever are fewer.
-- parameters: viewer=$1
-- needs: r (position, post_id, sharer_id), sources (id), followed (n), hidden (ids)
(r.sharer_id IS NULL OR EXISTS (
    SELECT FROM posts p JOIN users a ON a.id = p.author_id
    WHERE p.id = r.post_id AND {user_not_hidden user=a viewer={viewer} muter={viewer}} AND {post_readable viewer={viewer}}
    AND (p.id < r.position OR (p.author_id IN (SELECT id FROM sources)) IS NOT TRUE)
)) AND NOT (EXISTS (SELECT FROM shares y WHERE y.post_id = r.post_id AND y.id > r.position) AND CASE
    WHEN (SELECT share_count FROM posts WHERE id = r.post_id) < 4 * (SELECT n FROM followed)
    THEN EXISTS (
        SELECT FROM shares y WHERE y.post_id = r.post_id AND y.id > r.position
        -- With IS TRUE the followees are hashed once and not joined in a loop.
        AND y.user_id <> {viewer} AND (y.user_id IN (SELECT id FROM sources)) IS TRUE
    )
    ELSE EXISTS (
        SELECT FROM sources o WHERE o.id <> {viewer}
        AND EXISTS (SELECT FROM shares y WHERE y.user_id = o.id AND y.post_id = r.post_id AND y.id > r.position OFFSET 0)
    ) END)
