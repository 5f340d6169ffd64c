-- A moderator sees everything.
-- parameters: user, muter, viewer=$1
true
