-- Whether neither a block nor, where {muter} is not null, a mute hides a user from the viewer; true for null. With very many
-- blocks or mutes a function is asked: subqueries, which a page hardly ever runs, would take PostgreSQL 45 thousand
-- instructions (three of them) to set up wherever they stand.
-- parameters: user_id, muter, viewer=$1
-- needs: hidden (ids)
coalesce({user_id} <> ALL((SELECT ids FROM hidden)::bigint[]), {user_id} IS NULL OR NOT hidden_by_relation({viewer}, {muter}, {user_id}))
