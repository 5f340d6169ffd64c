u.id, CASE WHEN {visible person=u.id} THEN u.bio ELSE '' END, {moment of=u.created_at},
    u.follower_count, u.following_count, u.post_count
