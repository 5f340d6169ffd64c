-- Ends the suspensions that are over, of users who are locked already: a moderator may have made one longer since it was found.
-- Deleted accounts stay so. $1 users.
WITH ended AS (
    DELETE FROM account_suspensions WHERE user_id = ANY($1::bigint[]) AND until <= now() RETURNING user_id
)
UPDATE users u SET is_active = true FROM ended
WHERE u.id = ended.user_id AND NOT EXISTS (SELECT FROM account_deletions d WHERE d.user_id = u.id)
RETURNING u.id
