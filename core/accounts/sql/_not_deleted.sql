-- Whether the user's account is not deleted; true for null. Up to a hundred deleted accounts are read once a statement.
-- With more, which are those in their grace period, each user is looked up.
-- parameters: user_id
((({user_id} = ANY(ARRAY(SELECT user_id FROM account_deletions LIMIT 100))) IS NOT TRUE)
    AND (NOT EXISTS (SELECT FROM account_deletions OFFSET 100)
        OR NOT EXISTS (SELECT FROM account_deletions WHERE user_id = {user_id} OFFSET 0)))
