-- The range of positions that {breadth} heads span, oldest first, and whether that is the range of the page (`is_whole`).
-- parameters: below, above, breadth
-- needs: heads (position)
SELECT CASE WHEN count(*) = {breadth} THEN max(position) + 1 ELSE {below}::bigint END AS below, {above}::bigint AS above,
        count(*) < {breadth} AS is_whole
    FROM (SELECT position FROM heads ORDER BY position ASC LIMIT {breadth}) h
