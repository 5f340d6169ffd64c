-- Locks the session of a user who registers a push target, so that its end comes before or after. $1 user, $2 session.
-- No row if it has ended.
SELECT id FROM sessions WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL AND expires_at > now() FOR SHARE
