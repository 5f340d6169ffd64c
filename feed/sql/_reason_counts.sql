-- Whether reason r counts: the viewer may see what was shared; it is no share from before the post by an author whom the
-- viewer follows anyway; and nobody whom the viewer follows has shared the post since. Most posts have no such share at
-- all, which one index probe tells. For the others: through the sharers or through the people followed, where a step costs
-- four times as much, whichever are fewer.
(r.sharer_id IS NULL OR EXISTS (
    SELECT FROM posts p WHERE p.id = r.post_id AND {unblocked person=p.author_id}
    AND (p.author_id = ANY((SELECT ids FROM deleted)::bigint[])) IS NOT TRUE AND {unmuted person=p.author_id}
    AND (p.id < r.position OR (p.author_id IN (SELECT id FROM sources)) IS NOT TRUE)
)) AND NOT (EXISTS (SELECT FROM shares y WHERE y.post_id = r.post_id AND y.id > r.position) AND CASE
    WHEN (SELECT share_count FROM posts WHERE id = r.post_id) < 4 * (SELECT count(*) FROM sources)
    THEN EXISTS (
        SELECT FROM shares y WHERE y.post_id = r.post_id AND y.id > r.position
        -- Said so, the people followed are hashed once and not joined in a loop.
        AND y.user_id <> $1 AND (y.user_id IN (SELECT id FROM sources)) IS TRUE
    )
    ELSE EXISTS (
        SELECT FROM sources o WHERE o.id <> $1
        AND EXISTS (SELECT FROM shares y WHERE y.user_id = o.id AND y.post_id = r.post_id AND y.id > r.position OFFSET 0)
    ) END)
