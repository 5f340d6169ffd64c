-- Without a viewer no states are read.
-- parameters: page, key
keys AS (SELECT)
