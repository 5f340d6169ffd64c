-- Whether user o shows the viewer their lists of followers and followed users: a private account to its followers alone.
-- parameters: viewer=$1
-- needs: o (users)
(NOT o.is_private OR o.id = {viewer} OR EXISTS (SELECT FROM follows WHERE follower_id = {viewer} AND followee_id = o.id OFFSET 0))
