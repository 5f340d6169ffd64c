-- Without a viewer only accounts that are being deleted are hidden; true for none. With one, everybody is. Whether there is one is
-- asked with the user's row: a condition without a row is a node of the plan, which costs more for each row than the question.
-- parameters: user, muter, viewer=$1
-- needs: {user} (users)
({user_not_deleted user={user}} AND num_nonnulls({user}.id, {viewer}::bigint, {muter}::bigint) < 2)
