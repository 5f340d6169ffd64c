-- The users with these keys whose names the viewer may see. $1 viewer, $2 keys.
-- variants: anonymous
SELECT {user of=u} FROM users u WHERE u.id = ANY($2::bigint[]) AND {name_visible user_id=u.id}
