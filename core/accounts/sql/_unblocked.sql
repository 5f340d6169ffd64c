-- Whether neither the viewer blocks the user nor the user the viewer.
-- parameters: person, viewer=$1
NOT EXISTS (SELECT FROM blocks WHERE blocker_id = {viewer} AND blocked_id = {person} OFFSET 0)
    AND NOT EXISTS (SELECT FROM blocks WHERE blocker_id = {person} AND blocked_id = {viewer} OFFSET 0)
