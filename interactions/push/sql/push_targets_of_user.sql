-- The push targets of a user whose sessions have not ended. $1 user, $2 one of them, or null for all, $3 limit.
-- Rows: what Target has.
SELECT t.id, t.kind, t.address, coalesce(t.p256dh, ''), coalesce(t.auth, ''), t.registered_at,
    greatest(extract(epoch FROM t.paused_until - now()), 0)::float8
FROM push_targets t JOIN sessions s ON s.id = t.session_id
WHERE t.user_id = $1 AND t.id = coalesce($2, t.id) AND s.revoked_at IS NULL AND s.expires_at > now()
ORDER BY t.registered_at DESC LIMIT $3
