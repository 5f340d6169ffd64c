(SELECT id AS position, id AS post_id, NULL::bigint AS sharer_id FROM posts
            WHERE author_id = {of} AND id < {below} AND id > {above} {unseen key=id transaction=transaction}
            ORDER BY id {direction} LIMIT {limit})
        UNION ALL
        (SELECT id, post_id, user_id FROM shares
            WHERE user_id = {of} AND user_id <> $1 AND id < {below} AND id > {above} {unseen key=id transaction=transaction}
            ORDER BY id {direction} LIMIT {limit})
