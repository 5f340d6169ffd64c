-- Deletes a token, so that it is used once; the user is locked already. $1 token, $2 purpose, $3 hash. The address that it
-- was mailed to; no row if it has been used or has ended.
DELETE FROM account_tokens WHERE id = $1 AND purpose = $2 AND token_hash = $3 AND expires_at > now() RETURNING email
