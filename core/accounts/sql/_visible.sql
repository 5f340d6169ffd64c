-- Whether the viewer may see what the user has written or done: no block between them, and the account is not being deleted.
-- parameters: user_id, viewer=$1
{unblocked user_id={user_id} viewer={viewer}} AND {not_deleted user_id={user_id}}
