-- The person of that name, whatever its case, if the viewer may see them. $1 viewer, $2 username.
SELECT {user of=u}, {user_detail} FROM users u WHERE lower(u.username) = lower($2) AND {visible person=u.id}
