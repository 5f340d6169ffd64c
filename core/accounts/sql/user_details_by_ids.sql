-- What a profile adds, for people that have been read already. $1 keys.
SELECT {user_detail} FROM users u WHERE u.id = ANY($1::bigint[])
