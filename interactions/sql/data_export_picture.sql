-- The next picture of the user of an archive that can be downloaded, and its global id; nulls after the last one.
-- $1 archive, $2 picture after which it comes. No row if the archive can't be downloaded any more.
SELECT m.id, {global_id type=Media of=m.id}
FROM data_exports e LEFT JOIN LATERAL (
    SELECT id FROM media
    WHERE owner_id = e.user_id AND id > $2 AND state = 'READY' AND removed_at IS NULL ORDER BY id LIMIT 1
) m ON true
WHERE e.id = $1 AND e.state = 'READY' AND e.expires_at > now() AND {not_deleted user_id=e.user_id}
