-- Sets the address that replaces the present one when it is verified, unless an account has it; an address that differs only
-- by case is the user's own. The user is locked already. $1 user, $2 address. No row if an account has it.
UPDATE users SET pending_email = CASE WHEN email = $2::text THEN NULL ELSE $2::text END
WHERE id = $1 AND NOT EXISTS (SELECT FROM users other WHERE lower(other.email) = lower($2::text) AND other.id <> $1)
RETURNING id
