-- Whether the user's account is not deleted; true for null. Most sites have no account in its grace period or hundreds, so
-- a statement asks once whether there is any, and then looks up each user: to compare each with a list that was
-- read once costs PostgreSQL more from twenty accounts on.
-- parameters: user_id
(NOT EXISTS (SELECT FROM account_deletions) OR NOT EXISTS (SELECT FROM account_deletions WHERE user_id = {user_id} OFFSET 0))
