-- A key for a new session, whose token is made of it.
SELECT time_ordered_key()
