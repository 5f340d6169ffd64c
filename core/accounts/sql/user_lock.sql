-- Locks a user so that nothing of theirs, and nothing that names them, is written meanwhile. $1 user.
SELECT id FROM users WHERE id = $1 FOR UPDATE
