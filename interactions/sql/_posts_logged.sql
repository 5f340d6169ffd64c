logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id)
    SELECT '{kind}', actor_id, id, key FROM done WHERE changed ORDER BY n
)
