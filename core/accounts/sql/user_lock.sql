-- Locks a user so that nothing of the user's, and nothing that refers to the user, is written meanwhile. $1 user.
SELECT id FROM users WHERE id = $1 FOR UPDATE
