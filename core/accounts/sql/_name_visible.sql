-- Whether the viewer may see the user's name: only a block by that user hides it, unless the viewer blocks the user too.
-- parameters: user_id, viewer=$1
(NOT EXISTS (SELECT FROM blocks WHERE blocker_id = {user_id} AND blocked_id = {viewer} OFFSET 0)
    OR EXISTS (SELECT FROM blocks WHERE blocker_id = {viewer} AND blocked_id = {user_id} OFFSET 0))
    AND {not_deleted user_id={user_id}}
