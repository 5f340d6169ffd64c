-- Inserts shares. One that the actor deleted within the last hour gets its key back if nothing happened since, and with it
-- the transaction that inserted it at first, null if the log no longer has it: so it counts as seen for readers who have
-- seen it, and is new to nobody. Looked for among the actor's newest events of the feed, 1,000 at most.
-- parameters: table, target
-- needs: requested (actor_id, id)
INSERT INTO {table} (user_id, {target}_id, id, transaction)
    SELECT requested.actor_id, requested.id, coalesce(previous.id, time_ordered_key()),
        CASE WHEN previous.id IS NULL THEN pg_current_xact_id()::text::bigint ELSE previous.transaction END
    FROM requested LEFT JOIN LATERAL (
        WITH newest AS MATERIALIZED (
            SELECT transaction, id, kind, subject_id, created_at FROM (
                SELECT transaction, id, kind, post_id, subject_id, created_at FROM events
                WHERE actor_id = requested.actor_id AND kind IN {home_events}
                ORDER BY transaction DESC, id DESC LIMIT 1000
            ) e
            WHERE post_id = requested.id
        )
        SELECT unshared.subject_id AS id, (
            -- A share's key is made after its transaction began; a share that was made again has a later event.
            SELECT max(transaction) FROM newest shared
            WHERE shared.kind = 'post_shared' AND shared.created_at < {key_time key=unshared.subject_id} + interval '1 millisecond'
        ) AS transaction
        FROM newest unshared
        WHERE unshared.kind = 'post_unshared' AND unshared.created_at > now() - interval '1 hour'
        ORDER BY unshared.transaction DESC, unshared.id DESC LIMIT 1
    ) previous ON true
