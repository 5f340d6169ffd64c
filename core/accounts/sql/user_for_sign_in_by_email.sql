-- Who may sign in by this e-mail address. $1 address.
SELECT u.password, {user of=u} FROM users u WHERE lower(u.email) = lower($1) AND u.is_active
