-- Writes the names of some users who have none: those who were there before the names. $1 only users below this key, $2 how many.
-- The lowest key that was looked at, null if there is none.
WITH batch AS MATERIALIZED (
    SELECT id, username, display_name FROM users WHERE id < $1 ORDER BY id DESC LIMIT $2
), written AS (
    INSERT INTO user_names (user_id, name) SELECT id, user_names_of(username, display_name) FROM batch ORDER BY id ON CONFLICT DO NOTHING
)
SELECT min(id) FROM batch
