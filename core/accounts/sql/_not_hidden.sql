-- Whether a user is not hidden from the viewer; true for null. The same as {visible} and {unmuted}, for pages.
-- parameters: user_id, muter, viewer=$1
-- needs: hidden (ids, is_complete)
(({user_id} <> ALL((SELECT ids FROM hidden)::bigint[])) IS NOT FALSE AND ((SELECT is_complete FROM hidden)
    OR ({unblocked user_id={user_id} viewer={viewer}} AND {unmuted user_id={user_id} viewer={muter}})))
