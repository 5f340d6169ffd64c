-- The people with these keys that the viewer may see. $1 viewer, $2 keys.
SELECT {user of=u} FROM users u WHERE u.id = ANY($2::bigint[]) AND {visible person=u.id}
