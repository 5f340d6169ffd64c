-- The user with a username, in any case of letters, if the viewer may see the name; without the bio if the viewer has
-- blocked the user. $1 viewer, $2 username.
-- variants: anonymous
SELECT {user of=u}, {user_detail} FROM users u WHERE lower(u.username) = lower($2) AND {name_visible user_id=u.id}
