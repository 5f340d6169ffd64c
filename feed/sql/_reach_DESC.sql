-- The part of the range that the heads of the first {breadth} posts span, newest first, and whether that is the range of the page
-- (`is_whole`). Of the reasons for a post one counts at most, so those of a post that many users share are as one.
-- parameters: breadth
-- needs: heads (position, post_id), range (below, above, is_whole)
SELECT below, CASE WHEN n = {breadth} THEN last - 1 ELSE above END AS above, is_whole AND n < {breadth} AS is_whole
    FROM range CROSS JOIN (
        SELECT count(*) AS n, min(position) AS last FROM (
            SELECT max(position) AS position FROM heads GROUP BY post_id ORDER BY position DESC LIMIT {breadth}
        ) h
    ) h
