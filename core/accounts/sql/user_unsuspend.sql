-- Ends the suspension of a user who is not deleted. The user is locked already. $1 user.
WITH ended AS (
    DELETE FROM account_suspensions WHERE user_id = $1 RETURNING user_id
)
UPDATE users u SET is_active = true
WHERE u.id = $1 AND NOT EXISTS (SELECT FROM account_deletions d WHERE d.user_id = u.id)
RETURNING u.id
