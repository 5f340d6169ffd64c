-- The part of the range that the first {breadth} heads span, newest first, and whether that is the range of the page (`is_whole`).
-- parameters: breadth
-- needs: heads (position), range (below, above, is_whole)
SELECT below, CASE WHEN n = {breadth} THEN last - 1 ELSE above END AS above, is_whole AND n < {breadth} AS is_whole
    FROM range CROSS JOIN (
        SELECT count(*) AS n, min(position) AS last FROM (SELECT position FROM heads ORDER BY position DESC LIMIT {breadth}) h
    ) h
