-- The same as {not_hidden} for a user whose row the statement reads anyway.
-- parameters: user, muter, viewer=$1
-- needs: hidden (ids), {user} (users)
({not_related user_id={user}.id muter={muter} viewer={viewer}} AND {user_not_deleted user={user}})
