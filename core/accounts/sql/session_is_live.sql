-- Whether a session has not been revoked; no row if it does not exist. $1 session.
SELECT revoked_at IS NULL FROM sessions WHERE id = $1
