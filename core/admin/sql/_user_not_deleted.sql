-- A moderator sees every account.
-- parameters: user
true
