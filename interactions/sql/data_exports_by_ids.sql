-- The archives of the viewer with these keys: state, and when the archive ends, in seconds since 1970. $1 viewer, $2 keys.
SELECT id, state, expires_at, extract(epoch FROM expires_at)::bigint
FROM data_exports WHERE user_id = $1 AND id = ANY($2::bigint[]) AND (expires_at > now() OR expires_at IS NULL)
