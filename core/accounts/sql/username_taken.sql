-- Whether a username is or was taken, in any case of letters. $1 username.
SELECT EXISTS (SELECT FROM users WHERE lower(username) = lower($1))
    OR EXISTS (SELECT FROM former_usernames WHERE username = lower($1))
