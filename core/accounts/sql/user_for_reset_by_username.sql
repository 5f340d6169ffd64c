-- The user who may reset the password, also of an account that is deleted and in its grace period, and the verified address;
-- then how many mails for it were made within an hour.
-- $1 username, $2 purpose.
SELECT u.id, u.email,
    (SELECT count(*) FROM account_tokens t WHERE t.user_id = u.id AND t.purpose = $2 AND t.created_at BETWEEN now() - interval '1 hour' AND clock_timestamp())
FROM users u WHERE lower(u.username) = lower($1) AND u.email_verified AND {sign_in_state} IN ('active', 'deleted')
