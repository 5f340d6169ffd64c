SELECT x.id AS position, x.post_id, x.user_id AS sharer_id
    FROM shares x JOIN posts p ON p.id = x.post_id
    WHERE x.user_id = {of} AND x.user_id <> $1 AND x.id < {below} AND x.id > {above}
    AND {visible person=p.author_id} AND {unmuted person=p.author_id}
    AND (p.id < x.id OR NOT EXISTS (SELECT FROM sources WHERE id = p.author_id))
    AND NOT ({shared_since position=x.id})
    ORDER BY x.id {direction} LIMIT {limit}
