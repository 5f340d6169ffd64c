-- Inserts the staged users, but those whose username is or was taken or whose address is taken.
WITH inserted AS (
    INSERT INTO users (id, username, email, password, display_name, bio, created_at,
        is_private, avatar_url, is_active, is_staff, is_superuser)
    SELECT id, username, email, password, display_name, bio, created_at, is_private, '', true, false, false
    FROM new_users
    WHERE NOT EXISTS (SELECT FROM former_usernames f WHERE f.username = lower(new_users.username))
    ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM inserted
