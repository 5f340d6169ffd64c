-- Whether a username is or was taken, in any case of letters, or looks like one that is. $1 username.
SELECT EXISTS (SELECT FROM users u WHERE lower(u.username) = lower($1))
    OR EXISTS (SELECT FROM former_usernames WHERE username = lower($1))
    OR EXISTS (SELECT FROM former_usernames f WHERE {looks_like of=f.username} = {looks_like of=$1::text})
    OR EXISTS (SELECT FROM users u WHERE {looks_like of=u.username} = {looks_like of=$1::text})
