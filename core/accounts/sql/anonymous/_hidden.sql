-- Nothing is read of blocks and mutes.
-- parameters: muter, viewer=$1
hidden AS (SELECT)
