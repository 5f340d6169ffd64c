-- The user of that name, whatever its case, if the viewer may see the name; of a user whom the viewer has blocked
-- without the bio. $1 viewer, $2 username.
SELECT {user of=u}, {user_detail} FROM users u WHERE lower(u.username) = lower($2) AND {name_visible person=u.id}
