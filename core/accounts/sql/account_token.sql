-- A token that has not expired: its purpose, hash, address, then the user. $1 token. No row if it has been used or has ended.
-- A deleted account's password can be reset within the grace period, to restore it.
SELECT t.purpose, t.token_hash, t.email, {user of=u}
FROM account_tokens t JOIN users u ON u.id = t.user_id
WHERE t.id = $1 AND t.expires_at > now() 
    AND ({not_deleted user_id=t.user_id} OR (t.purpose = 'reset_password' AND {sign_in_state} = 'deleted'))
