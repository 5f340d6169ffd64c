-- Verifies an address, which replaces the present one if it was pending. The user is locked already. $1 user, $2 address.
-- The address until now; no row if the address is neither the present nor the pending one.
WITH before AS (SELECT id, email FROM users WHERE id = $1)
UPDATE users u SET
    email = $2::text, email_verified = true, pending_email = CASE WHEN u.email = $2::text THEN u.pending_email END
FROM before
WHERE u.id = before.id AND $2::text IN (u.email, u.pending_email)
RETURNING before.email
