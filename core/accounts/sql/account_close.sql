-- Marks a user's account as deleted, which hides it; a schedule erases it after the grace period. The user is locked already.
-- A trigger ends the sessions. $1 user, $2 grace period. When it is erased; no row if it was deleted before.
WITH inactive AS (
    UPDATE users SET is_active = false WHERE id = $1 RETURNING id
)
INSERT INTO account_deletions (user_id, erases_at) SELECT id, now() + $2::interval FROM inactive
ON CONFLICT DO NOTHING RETURNING erases_at
