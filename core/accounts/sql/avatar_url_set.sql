-- Sets the address of a user's picture. $1 user, $2 URL, empty for none.
UPDATE users SET avatar_url = $2 WHERE id = $1
