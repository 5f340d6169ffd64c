-- Whether the user's account is not being deleted; true for null. The few accounts that are being deleted are read once a statement.
-- parameters: user_id
({user_id} = ANY(ARRAY(SELECT user_id FROM account_deletions))) IS NOT TRUE
