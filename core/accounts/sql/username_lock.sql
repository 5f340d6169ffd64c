-- Locks a username, and all that look like it, until the transaction ends, so that of two sign-ups at once with names that
-- look alike the second one finds the account of the first. $1 username.
SELECT pg_advisory_xact_lock(hashtextextended({looks_like of=$1::text}, 0))
