-- Without a viewer only accounts that are being deleted are hidden. With one, everybody is.
-- parameters: user, muter, viewer=$1
-- needs: {user} (users)
({user_not_deleted user={user}} AND {viewer}::bigint IS NULL AND {muter}::bigint IS NULL)
