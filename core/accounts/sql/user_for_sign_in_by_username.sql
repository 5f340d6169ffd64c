-- Who may sign in by this username. $1 username.
SELECT u.password, {user of=u} FROM users u WHERE lower(u.username) = lower($1) AND u.is_active
