u.id, u.bio, {moment of=u.created_at}, u.follower_count, u.following_count, u.post_count
