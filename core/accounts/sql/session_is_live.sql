-- Whether a session has not been signed out or revoked. $1 session. No row for one that is not there.
SELECT revoked_at IS NULL FROM sessions WHERE id = $1
