-- An archive that is being made, locked: its user, the section and the position in it at which it goes on, and the number of
-- its parts. $1 archive.
SELECT user_id, section, position, parts FROM data_exports WHERE id = $1 AND state = 'PENDING' FOR UPDATE
