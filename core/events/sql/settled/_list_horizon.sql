-- All rows are settled, so no horizon is read.
horizon AS (SELECT)
