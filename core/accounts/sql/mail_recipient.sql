-- Display name and address of a user, for a mail. $1 user. No row if the account is gone.
SELECT display_name, email FROM users WHERE id = $1
