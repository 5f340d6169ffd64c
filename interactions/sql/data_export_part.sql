-- A part of an archive that can be downloaded, and whether it is the last one. $1 archive, $2 number of the part.
SELECT p.content, p.number + 1 = e.parts FROM data_export_parts p JOIN data_exports e ON e.id = p.export_id
WHERE p.export_id = $1 AND p.number = $2 AND e.state = 'READY' AND e.expires_at > now()
    AND {not_deleted user_id=e.user_id}
