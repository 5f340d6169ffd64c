-- Without a viewer only accounts that are being deleted are hidden. With one, everybody is.
-- parameters: user_id, viewer=$1
({not_deleted user_id={user_id}} AND {unblocked user_id={user_id} viewer={viewer}})
