-- How many followers each of these users has. $1 users.
SELECT id, follower_count FROM users WHERE id = ANY($1::bigint[])
