-- The user who may sign in by a username, after the password hash. $1 username.
SELECT u.password, {user of=u} FROM users u WHERE lower(u.username) = lower($1) AND u.is_active
