-- Takes over new people. Those whose username or address somebody has already are left out.
WITH made AS (
    INSERT INTO users (id, username, email, password, display_name, bio, created_at,
        avatar_url, is_active, is_staff, is_superuser)
    SELECT id, username, email, password, display_name, bio, created_at, '', true, false, false
    FROM new_users ORDER BY id
    ON CONFLICT DO NOTHING
    RETURNING 1
)
SELECT count(*) FROM made
