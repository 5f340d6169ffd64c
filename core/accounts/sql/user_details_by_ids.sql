-- What a profile adds, for users that have been read already; no bio where a block stands between. $1 viewer, $2 keys.
SELECT {user_detail} FROM users u WHERE u.id = ANY($2::bigint[])
