-- Mutes a user whom the viewer can see. $1 viewer, $2 user, $3 client's key.
-- One row if there is such a user: whether the mute is new, whether the viewer can see the name, then the user.
WITH seen AS (
    SELECT u.* FROM users u JOIN users v ON v.id = $1 AND {not_deleted user_id=v.id} WHERE u.id = $2 AND {visible user_id=u.id}
), created AS (
    INSERT INTO mutes (muter_id, muted_id) SELECT $1, id FROM seen ON CONFLICT DO NOTHING RETURNING muted_id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_muted', $1, muted_id, $3 FROM created
)
SELECT EXISTS (SELECT FROM created), true, {user of=seen} FROM seen
