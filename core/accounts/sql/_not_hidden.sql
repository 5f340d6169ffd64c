-- Whether a user is not hidden from the viewer; true for null. The same as {visible} and {unmuted}, for pages. With very many
-- blocks or mutes a function is asked: subqueries, which a page hardly ever runs, would take PostgreSQL 45 thousand
-- instructions (three of them) to set up wherever they stand.
-- parameters: user_id, muter, viewer=$1
-- needs: hidden (ids, is_complete)
(({user_id} <> ALL((SELECT ids FROM hidden)::bigint[])) IS NOT FALSE AND {not_deleted user_id={user_id}}
    AND ((SELECT is_complete FROM hidden) OR NOT hidden_by_relation({viewer}, {muter}, {user_id})))
