-- A part of an archive that can be downloaded. $1 archive, $2 number of the part. No row after the last one.
SELECT p.content FROM data_export_parts p JOIN data_exports e ON e.id = p.export_id
WHERE p.export_id = $1 AND p.number = $2 AND e.state = 'READY' AND e.expires_at > now()
    AND {not_deleted user_id=e.user_id}
