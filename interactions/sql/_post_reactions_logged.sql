-- Logs each change to a post as an event.
-- parameters: kind
-- needs: done (n, actor_id, key, id, changed)
logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id)
    SELECT '{kind}', actor_id, id, key FROM done WHERE changed ORDER BY n
)
