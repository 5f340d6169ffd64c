-- Makes an account. $1 username, $2 e-mail address, $3 password hash, $4 display name.
INSERT INTO users AS u
    (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser)
VALUES ($1, $2, $3, $4, '', '', true, false, false)
RETURNING {user of=u}
