-- The user who may sign in by an e-mail address, after the password hash. $1 address.
SELECT u.password, {user of=u} FROM users u WHERE lower(u.email) = lower($1) AND u.is_active
