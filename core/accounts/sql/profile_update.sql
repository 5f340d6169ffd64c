-- Changes a profile; null leaves a column as it is. $1 user, $2 display name, $3 bio, $4 URL of the picture,
-- $5 whether the account is private.
-- The user; no row if the account has been deleted.
UPDATE users u SET
    display_name = coalesce($2, u.display_name), bio = coalesce($3, u.bio), avatar_url = coalesce($4, u.avatar_url),
    is_private = coalesce($5, u.is_private)
WHERE u.id = $1 AND {not_deleted user_id=u.id}
RETURNING {user of=u}
