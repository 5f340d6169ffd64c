-- A moderator sees everything.
-- parameters: user_id, viewer=$1
true
