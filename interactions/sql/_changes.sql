-- How many of the places changed the same thing: what the counts of a row read before the change have to be corrected by.
-- needs: done (id, changed)
(count(*) FILTER (WHERE changed) OVER (PARTITION BY id))::int
