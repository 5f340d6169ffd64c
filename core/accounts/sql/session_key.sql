-- A key for a new session, of which its token is made.
SELECT time_ordered_key()
