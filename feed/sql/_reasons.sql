-- Own posts and shares of one source of a home feed, within a range of positions.
-- parameters: of, below, above, limit, viewer=$1, up_to=$6, snapshots=$7
(SELECT id AS position, id AS post_id, NULL::bigint AS sharer_id FROM posts
            WHERE author_id = {of} AND id < {below} AND id > {above} {unseen key=id transaction=transaction up_to={up_to} snapshots={snapshots}}
            -- Followers and the author see all but what is for who is mentioned.
            AND (visibility < 2 OR {of} = {viewer} OR post_readable({viewer}, id, {of}, visibility))
            ORDER BY id {direction} LIMIT {limit})
        UNION ALL
        (SELECT id, post_id, user_id FROM shares
            WHERE user_id = {of} AND {of} <> {viewer} AND id < {below} AND id > {above} {unseen key=id transaction=transaction up_to={up_to} snapshots={snapshots}}
            ORDER BY id {direction} LIMIT {limit})
