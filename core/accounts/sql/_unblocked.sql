-- Whether neither the viewer blocks the user nor the user the viewer.
-- parameters: user_id, viewer=$1
NOT EXISTS (SELECT FROM blocks WHERE blocker_id = {viewer} AND blocked_id = {user_id} OFFSET 0)
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = {user_id} AND blocked_id = {viewer} OFFSET 0)
