-- Whether someone the viewer follows has shared post p after the position. Most posts have no such share at all, which
-- one index probe tells, without a look at the post itself. For the others: through the sharers if they are few, else
-- through the people followed.
EXISTS (SELECT FROM shares y WHERE y.post_id = p.id AND y.id > {position}) AND CASE
    WHEN (SELECT share_count FROM posts WHERE id = p.id) < 200
    THEN EXISTS (
        SELECT FROM shares y WHERE y.post_id = p.id AND y.id > {position}
        AND EXISTS (SELECT FROM follows WHERE follower_id = $1 AND followee_id = y.user_id OFFSET 0)
        AND {unmuted person=y.user_id}
    )
    ELSE EXISTS (
        SELECT FROM sources o WHERE o.id <> $1
        AND EXISTS (SELECT FROM shares y WHERE y.user_id = o.id AND y.post_id = p.id AND y.id > {position} OFFSET 0)
    ) END
