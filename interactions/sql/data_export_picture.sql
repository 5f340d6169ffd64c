-- The next picture of the user of an archive that can be downloaded, and its global id. $1 archive, $2 picture after which it comes.
-- No row after the last one.
SELECT m.id, {global_id type=Media of=m.id}
FROM data_exports e CROSS JOIN LATERAL (
    SELECT id FROM media
    WHERE owner_id = e.user_id AND id > $2 AND state = 'READY' AND removed_at IS NULL ORDER BY id LIMIT 1
) m
WHERE e.id = $1 AND e.state = 'READY' AND e.expires_at > now() AND {not_deleted user_id=e.user_id}
