-- A moderator sees every account.
-- parameters: user_id
true
