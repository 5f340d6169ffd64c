-- A moderator sees everything.
-- parameters: person, viewer=$1
true
