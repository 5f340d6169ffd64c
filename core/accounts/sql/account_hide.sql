-- Marks a user's account as deleted, which hides it, and adds the job that removes its rows. The user is locked already.
-- $1 user, $2 id of the request.
WITH inactive AS (
    UPDATE users SET is_active = false WHERE id = $1 RETURNING id
), erasure AS (
    {erasure_added of=inactive cause=$2::text}
)
INSERT INTO account_deletions (user_id) SELECT id FROM inactive ON CONFLICT DO NOTHING RETURNING user_id
