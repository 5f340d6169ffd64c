-- Creates an account; no row if the username is or was taken or looks like one that is, the address is taken, or there is no usable address.
-- $1 username, $2 e-mail address or NULL, $3 password hash, $4 display name.
WITH made AS (
    INSERT INTO users
        (username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser, email_verified)
    SELECT $1::text, $2::text, $3::text, $4::text, '', '', true, false, false, false
    WHERE $2::text IS NOT NULL AND NOT EXISTS (SELECT FROM former_usernames WHERE username = lower($1))
        AND NOT EXISTS (SELECT FROM former_usernames f WHERE {looks_like of=f.username} = {looks_like of=$1::text})
        AND NOT EXISTS (SELECT FROM users u WHERE {looks_like of=u.username} = {looks_like of=$1::text})
    ON CONFLICT DO NOTHING
    RETURNING *
), logged AS (
    INSERT INTO events (kind, actor_id) SELECT 'user_created', id FROM made
)
SELECT {user of=u} FROM made u
