-- Deletes a mute. $1 viewer, $2 user, $3 client's key.
-- One row for a user whom the viewer has muted or can see: whether there was a mute, whether the viewer can see the
-- user's name, then the user.
WITH deleted AS (
    DELETE FROM mutes WHERE muter_id = $1 AND muted_id = $2 RETURNING muted_id
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_unmuted', $1, muted_id, $3 FROM deleted
)
SELECT EXISTS (SELECT FROM deleted), {name_visible user_id=u.id}, {user of=u} FROM users u
WHERE u.id = $2 AND (EXISTS (SELECT FROM deleted) OR ({visible user_id=u.id}))
