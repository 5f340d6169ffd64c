-- Whether somebody has or had this username, whatever its case. $1 username.
SELECT EXISTS (SELECT FROM users WHERE lower(username) = lower($1))
    OR EXISTS (SELECT FROM former_usernames WHERE username = lower($1))
