-- Without a viewer nothing is read of mutes.
-- parameters: user_id, viewer=$1
{viewer}::bigint IS NULL
