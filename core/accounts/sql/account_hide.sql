-- Marks a user's account as deleted, which hides it, and adds the job that removes its rows. In its grace period it is removed
-- at once. The user is locked already. $1 user, $2 id of the request.
WITH inactive AS (
    UPDATE users SET is_active = false WHERE id = $1 RETURNING id
), erasure AS (
    {erasure_added of=inactive cause=$2::text}
), over AS (
    UPDATE account_deletions SET erases_at = now() WHERE user_id = $1 AND erases_at > now()
), due AS (
    UPDATE jobs SET run_at = now()
    WHERE unique_key = 'account_erase:' || $1 AND run_at > now() AND lease IS NULL AND failed_at IS NULL
)
INSERT INTO account_deletions (user_id) SELECT id FROM inactive ON CONFLICT DO NOTHING RETURNING user_id
