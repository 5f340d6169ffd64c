-- The user of a request to follow the viewer, if the viewer can see the user.
-- parameters: viewer=$1, user=$2
seen AS MATERIALIZED (
    SELECT u.* FROM users u JOIN users v ON v.id = {viewer} AND {not_deleted user_id=v.id} WHERE u.id = {user} AND {visible user_id=u.id}
)
