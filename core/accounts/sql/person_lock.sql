-- Locks a person so that nothing of theirs, and nothing that names them, is written meanwhile. $1 person.
SELECT id FROM users WHERE id = $1 FOR UPDATE
