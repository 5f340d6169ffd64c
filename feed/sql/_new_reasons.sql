-- The reasons of events of the log after one position and up to another, as the CTE `reasons`.
-- parameters: transaction=$1, event=$2, until_transaction=$3, until_event=$4
news AS MATERIALIZED (
    SELECT kind, actor_id, post_id FROM events
    WHERE kind IN {reason_events} AND (transaction, id) > ({transaction}, {event}) AND (transaction, id) <= ({until_transaction}, {until_event})
), reasons AS MATERIALIZED (
    SELECT n.actor_id, p.id AS position, p.id AS post_id, NULL::bigint AS sharer_id, p.transaction
    FROM news n JOIN posts p ON p.id = n.post_id WHERE n.kind = 'post_created'
    UNION ALL
    SELECT n.actor_id, x.id, x.post_id, x.user_id, x.transaction
    FROM news n JOIN shares x ON x.user_id = n.actor_id AND x.post_id = n.post_id WHERE n.kind = 'post_shared'
)
