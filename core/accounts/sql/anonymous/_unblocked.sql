-- Without a viewer no block hides anybody. With one, everybody is hidden.
-- parameters: user_id, viewer=$1
{viewer}::bigint IS NULL
