-- Deletes a user who has no other rows, and reserves the username. The user is locked already.
-- $1 user.
WITH named AS (
    -- As it was written, too: what looks like I and M does not look like i and m.
    INSERT INTO former_usernames (username)
    SELECT unnest(ARRAY[lower(username), username]) FROM users WHERE id = $1 AND id <> {posts_holder} ON CONFLICT DO NOTHING
), ungrouped AS (
    DELETE FROM users_groups WHERE user_id = $1
), unpermitted AS (
    DELETE FROM users_user_permissions WHERE user_id = $1
)
DELETE FROM users WHERE id = $1 RETURNING id
