-- The same as {not_deleted} for a user whose row the statement reads anyway; true for none. An active account is not deleted
-- (triggers of `account_deletions` and `users`); of the others, which are suspended, a function asks.
-- parameters: user
-- needs: {user} (users)
({user}.is_active IS NOT FALSE OR NOT account_is_deleted({user}.id))
