-- Sets a user's settings of notifications; the user is locked already. $1 user, $2 kinds, $3 from whom, $4 whether by push: a place
-- for each kind, null where it stays as it is.
INSERT INTO notification_settings (user_id, kind, allow_from, push)
SELECT $1, k.kind, coalesce(k.allow_from, s.allow_from, {audience_everyone}), coalesce(k.push, s.push, true)
FROM unnest($2::int[], $3::int[], $4::boolean[]) AS k(kind, allow_from, push)
LEFT JOIN notification_settings s ON s.user_id = $1 AND s.kind = k.kind
ON CONFLICT (user_id, kind) DO UPDATE SET allow_from = excluded.allow_from, push = excluded.push
