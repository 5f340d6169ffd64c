-- The range of positions that {breadth} heads span, newest first, and whether that is the range of the page (`is_whole`).
-- parameters: below, above, breadth
-- needs: heads (position)
SELECT {below}::bigint AS below, CASE WHEN count(*) = {breadth} THEN min(position) - 1 ELSE {above}::bigint END AS above,
        count(*) < {breadth} AS is_whole
    FROM (SELECT position FROM heads ORDER BY position DESC LIMIT {breadth}) h
