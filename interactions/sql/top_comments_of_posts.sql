-- Pages of the comments on posts without replies, by likes, then newest first. The position is the number of likes times
-- 2^63 plus the key.
-- $1 viewer, $2 posts, $3 and $4 below (likes, key), $5 and $6 above, $7 limit, $8 the viewer if mutes hide, or NULL.
-- variants: anonymous
WITH {hidden muter=$8::bigint}
SELECT {comment}, c.like_count::numeric * 9223372036854775808 + c.id AS position, NULL::text AS snapshot
FROM unnest($2::text::bigint[]) AS k(id)
CROSS JOIN LATERAL (
    SELECT {comment_read} FROM comments c
    WHERE c.post_id = k.id AND c.parent_id IS NULL
    AND (c.like_count, c.id) < ($3::int, $4::bigint) AND (c.like_count, c.id) > ($5::int, $6::bigint)
    AND {not_hidden user_id=c.author_id muter=$8::bigint}
    ORDER BY c.like_count {direction}, c.id {direction} LIMIT $7
) c
LEFT JOIN users a ON a.id = c.author_id
ORDER BY c.like_count {direction}, c.id {direction}
