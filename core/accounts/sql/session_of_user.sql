-- Whether a session of the user has ended, by itself or before; no row if it is none of the user's. $1 user, $2 session.
SELECT revoked_at IS NOT NULL OR expires_at <= now() FROM sessions WHERE id = $2 AND user_id = $1
