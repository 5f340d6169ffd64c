-- A moderator sees everything.
-- parameters: viewer=$1, author=a
true
