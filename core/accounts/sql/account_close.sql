-- Marks a user's account as deleted, which hides it, and adds the job that erases it after the grace period. The user is locked
-- already; a trigger ends the sessions. $1 user, $2 grace period, $3 id of the request. When it is erased; no row if it was
-- deleted before.
-- The job waits from the beginning, since a worker that does not know grace periods adds one for accounts without.
WITH inactive AS (
    UPDATE users SET is_active = false WHERE id = $1 RETURNING id
), closed AS (
    INSERT INTO account_deletions (user_id, erases_at) SELECT id, now() + $2::interval FROM inactive
    ON CONFLICT DO NOTHING RETURNING user_id AS id, erases_at
), erasure AS (
    {erasure_added of=closed cause=$3::text run_at=erases_at}
)
SELECT erases_at FROM closed
