-- A moderator sees every account.
-- parameters: person
true
