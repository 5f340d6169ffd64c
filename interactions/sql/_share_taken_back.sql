-- The key of the actor's share of the post, if it was taken back within the last hour and nothing was since. Looked for among
-- the actor's newest events of the feed, 1,000 at most.
(
    SELECT subject_id FROM (
        SELECT transaction, id, kind, post_id, subject_id, created_at FROM events
        WHERE actor_id = asked.actor_id AND kind IN {home_events}
        ORDER BY transaction DESC, id DESC LIMIT 1000
    ) e
    WHERE post_id = asked.id AND kind = 'post_unshared' AND created_at > now() - interval '1 hour'
    ORDER BY transaction DESC, id DESC LIMIT 1
)
