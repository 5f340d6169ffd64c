-- Logs the end of each share as an event. Its subject is the share's key, its place in feeds: one that is made again soon
-- gets it back.
-- parameters: kind
-- needs: done (n, actor_id, key, id, changed), changes (user_id, post_id, id)
logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT '{kind}', actor_id, done.id, changes.id, key
    FROM done JOIN changes ON (user_id, post_id) = (actor_id, done.id)
    WHERE changed ORDER BY n
)
