-- The columns that a profile adds to a user: those of UserDetailRow. The bio is empty if a block hides the user.
-- needs: u (users)
u.id, CASE WHEN {visible user_id=u.id} THEN u.bio ELSE '' END, {moment of=u.created_at},
    u.follower_count, u.following_count, u.post_count, u.is_private
