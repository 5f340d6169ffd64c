-- Inserts shares. One that the actor deleted within the last hour gets its key back if nothing happened since, and with it
-- the transaction that inserted it at first, null if the log no longer has it: so it counts as seen for readers who have
-- seen it, and is new to nobody. Looked for among the actor's newest events of the feed, 1,000 at most.
-- parameters: table, target
-- needs: asked (actor_id, id)
INSERT INTO {table} (user_id, {target}_id, id, transaction)
    SELECT asked.actor_id, asked.id, coalesce(taken_back.id, time_ordered_key()),
        CASE WHEN taken_back.id IS NULL THEN pg_current_xact_id()::text::bigint ELSE taken_back.transaction END
    FROM asked LEFT JOIN LATERAL (
        WITH newest AS MATERIALIZED (
            SELECT transaction, id, kind, subject_id, created_at FROM (
                SELECT transaction, id, kind, post_id, subject_id, created_at FROM events
                WHERE actor_id = asked.actor_id AND kind IN {home_events}
                ORDER BY transaction DESC, id DESC LIMIT 1000
            ) e
            WHERE post_id = asked.id
        )
        SELECT gone.subject_id AS id, (
            -- A share's key is made after its transaction began; a share that was made again has a later event.
            SELECT max(transaction) FROM newest made
            WHERE made.kind = 'post_shared' AND made.created_at < {key_time key=gone.subject_id} + interval '1 millisecond'
        ) AS transaction
        FROM newest gone
        WHERE gone.kind = 'post_unshared' AND gone.created_at > now() - interval '1 hour'
        ORDER BY gone.transaction DESC, gone.id DESC LIMIT 1
    ) taken_back ON true
