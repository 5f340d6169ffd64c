SELECT p.id AS position, p.id AS post_id, NULL::bigint AS sharer_id
    FROM posts p
    WHERE p.author_id = {of} AND p.id < {below} AND p.id > {above} AND NOT ({shared_since position=p.id})
    ORDER BY p.id {direction} LIMIT {limit}
