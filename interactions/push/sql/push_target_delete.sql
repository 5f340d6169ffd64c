-- Deletes a push target of the user. $1 user, $2 target. No row if it is none of the user's.
DELETE FROM push_targets WHERE id = $2 AND user_id = $1 RETURNING id
