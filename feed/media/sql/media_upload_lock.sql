-- Locks a user who begins an upload, so that several at once keep to the limit. $1 user. No row for a deleted account.
SELECT id FROM users WHERE id = $1 AND {not_deleted user_id=id} FOR NO KEY UPDATE
