-- What a profile adds to users that have been read already; no bio if a block hides the user. $1 viewer, $2 keys.
SELECT k.id, coalesce(CASE WHEN {visible user_id=u.id} THEN u.bio END, ''), {moment of=coalesce(u.created_at,key_moment)},
    coalesce(u.follower_count, 0), coalesce(u.following_count, 0), coalesce(u.post_count, 0)
FROM (SELECT id, {key_time key=id} AS key_moment FROM unnest($2::bigint[]) AS given(id)) k
LEFT JOIN users u ON u.id = k.id AND {not_deleted user_id=u.id}
