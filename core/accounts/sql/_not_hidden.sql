-- Whether a user is not hidden from the viewer; true for null. The same as {visible} and {unmuted}, for pages.
-- parameters: user_id, muter, viewer=$1
-- needs: hidden (ids)
({not_related user_id={user_id} muter={muter} viewer={viewer}} AND {not_deleted user_id={user_id}})
