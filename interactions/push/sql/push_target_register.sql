-- Registers a push target, or moves it to this user and session. $1 user, $2 session, $3 kind, $4 address, $5 its hash,
-- $6 p256dh, $7 auth. Gives its key. The user and the session are locked already.
INSERT INTO push_targets (user_id, session_id, kind, address, address_hash, p256dh, auth)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (address_hash) DO UPDATE SET user_id = excluded.user_id, session_id = excluded.session_id,
    p256dh = excluded.p256dh, auth = excluded.auth, registered_at = clock_timestamp(), paused_until = NULL
RETURNING id
