-- Whether somebody has this username, whatever its case. $1 username.
SELECT EXISTS (SELECT FROM users WHERE lower(username) = lower($1))
