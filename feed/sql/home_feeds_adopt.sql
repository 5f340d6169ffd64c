-- Adds to kept home feeds that were built since the last batch the reasons that they may lack, those of events from their
-- building up to a position; from now on the worker adds all later ones. $1 and $2 the position (transaction, event).
-- A feed that the worker has not reached within ten minutes is not used any more ({kept_feed}).
WITH adopted AS (
    UPDATE home_feeds SET is_adopted = true
    WHERE NOT is_adopted AND retired_at IS NULL AND built_at > now() - interval '10 minutes'
    RETURNING id, reader_id, built_transaction
), missing AS (
    SELECT f.id AS feed_id, f.reader_id, e.kind, e.actor_id, e.post_id
    FROM adopted f CROSS JOIN LATERAL (
        SELECT kind, actor_id, post_id FROM events
        WHERE kind IN {reason_events} AND transaction >= f.built_transaction AND (transaction, id) <= ($1, $2)
    ) e
    WHERE (e.kind = 'post_created' AND e.actor_id = f.reader_id)
    OR EXISTS (SELECT FROM follows WHERE follower_id = f.reader_id AND followee_id = e.actor_id OFFSET 0)
)
INSERT INTO home_feed_reasons (feed_id, position, post_id, sharer_id, transaction)
SELECT feed_id, p.id, p.id, NULL, p.transaction FROM missing n JOIN posts p ON p.id = n.post_id WHERE n.kind = 'post_created'
UNION ALL
SELECT feed_id, x.id, x.post_id, x.user_id, x.transaction
FROM missing n JOIN shares x ON x.user_id = n.actor_id AND x.post_id = n.post_id WHERE n.kind = 'post_shared'
ON CONFLICT DO NOTHING
