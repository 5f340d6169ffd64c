-- The user with an e-mail address, after the password hash and whether the user may sign in. $1 address.
SELECT u.password, {sign_in_state}, {user of=u} FROM users u WHERE lower(u.email) = lower($1)
