-- A moderator sees everything.
-- parameters: user_id, muter, viewer=$1
true
