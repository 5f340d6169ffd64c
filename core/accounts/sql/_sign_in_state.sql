-- Whether the user may sign in: `active`, `suspended`, or `deleted` within the grace period; `erased` after that.
-- needs: u (users)
CASE WHEN u.is_active THEN 'active' ELSE coalesce(
    (SELECT CASE WHEN erases_at > now() THEN 'deleted' ELSE 'erased' END FROM account_deletions WHERE user_id = u.id),
    'suspended'
) END
