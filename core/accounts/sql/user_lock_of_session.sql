-- Locks the user of a session before the user's sessions, so that transactions that end several run one after the other.
-- $1 session.
SELECT id FROM users WHERE id = (SELECT user_id FROM sessions WHERE id = $1) FOR NO KEY UPDATE
