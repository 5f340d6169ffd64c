-- Ends the CTE of a page of posts, of which the viewer's states are read then.
-- parameters: limit
-- needs: p (posts)
ORDER BY p.id {direction} LIMIT {limit}
