-- The user with a username, after the password hash and whether the user may sign in. $1 username.
SELECT u.password, {sign_in_state}, {user of=u} FROM users u WHERE lower(u.username) = lower($1)
