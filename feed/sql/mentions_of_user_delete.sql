-- Deletes some mentions of a user, whose account has been deleted. $1 user, $2 limit. Gives their number.
WITH deleted AS (
    DELETE FROM post_mentions m USING (SELECT post_id FROM post_mentions WHERE user_id = $1 LIMIT $2) k
    WHERE m.user_id = $1 AND m.post_id = k.post_id RETURNING 1
)
SELECT count(*) FROM deleted
