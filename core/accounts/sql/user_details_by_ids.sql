-- What a profile adds to users that have been read already; no bio if a block hides the user. $1 viewer, $2 keys.
-- variants: anonymous
WITH {hidden muter=NULL::bigint}
SELECT k.id, coalesce(CASE WHEN {not_hidden user_id=u.id muter=NULL::bigint} THEN u.bio END, ''), {moment of=coalesce(u.created_at,key_moment)},
    coalesce(u.follower_count, 0), coalesce(u.following_count, 0), coalesce(u.post_count, 0),
    coalesce(u.is_private, false)
FROM (SELECT id, {key_time key=id} AS key_moment FROM unnest($2::bigint[]) AS given(id)) k
LEFT JOIN users u ON u.id = k.id AND {not_deleted user_id=u.id}
