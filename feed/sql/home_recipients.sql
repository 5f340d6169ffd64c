-- Which of the viewers are notified of which events of home feeds, by what they may see now.
-- $1 numbers, $2 kinds, $3 actors and $4 posts of the events; $5 viewers; $6 transactions and $7 subjects of the events.
-- One row for each event and viewer: the event's number, the viewer, the position of the entry, or null for a removed one
-- and where the whole feed changed; the viewer states of the post, who shared it or null. Of a viewer's events that
-- change the whole feed, the newest.
WITH happened AS MATERIALIZED (
    SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[], $6::bigint[], $7::bigint[])
        AS e(number, kind, actor_id, post_id, transaction, subject_id)
), viewers AS MATERIALIZED (
    SELECT id FROM unnest($5::bigint[]) AS t(id)
), few AS (
    -- How many sharers of each deleted post are looked at.
    SELECT greatest(200 / count(*), 20) AS sharers FROM happened WHERE kind = 'post_deleted'
), deleted AS MATERIALIZED (
    SELECT number, ARRAY(SELECT user_id FROM shares WHERE post_id = h.post_id LIMIT (SELECT sharers + 1 FROM few)) AS sharers
    FROM happened h WHERE kind = 'post_deleted'
), causes AS MATERIALIZED (
    -- A viewer who follows one of these is notified: the actor, and for a deleted post also users whose shares of it are not removed yet.
    SELECT number, kind, post_id, transaction, subject_id, actor_id AS user_id FROM happened
    WHERE kind IN {home_events} OR kind IN {account_events}
    UNION
    SELECT h.number, h.kind, h.post_id, h.transaction, h.subject_id, x.user_id
    FROM deleted d JOIN happened h ON h.number = d.number CROSS JOIN LATERAL unnest(d.sharers) AS x(user_id)
    WHERE cardinality(d.sharers) <= (SELECT sharers FROM few)
), followees AS MATERIALIZED (
    SELECT c.user_id AS id, coalesce(u.follower_count, 0) AS follower_count,
        u.id IS NULL OR NOT ({not_deleted user_id=u.id}) AS is_deleted
    FROM (SELECT DISTINCT user_id FROM causes) c LEFT JOIN users u ON u.id = c.user_id
), followers AS MATERIALIZED (
    -- Through the followers of a user with few, through the viewers for a user with many.
    SELECT p.id AS user_id, f.follower_id AS viewer_id
    FROM followees p
    CROSS JOIN LATERAL (SELECT follower_id FROM follows WHERE followee_id = p.id OFFSET 0) f
    -- With IS TRUE the viewers are hashed once and not joined in a loop.
    WHERE p.follower_count <= cardinality($5) AND (f.follower_id IN (SELECT id FROM viewers)) IS TRUE
    UNION ALL
    SELECT p.id, t.id
    FROM followees p CROSS JOIN viewers t
    WHERE p.follower_count > cardinality($5)
    AND EXISTS (SELECT FROM follows WHERE follower_id = t.id AND followee_id = p.id OFFSET 0)
    UNION ALL
    -- The log has who followed a user whose account has been deleted.
    SELECT p.id, t.id
    FROM followees p CROSS JOIN viewers t
    WHERE p.is_deleted AND EXISTS (
        SELECT FROM events WHERE actor_id = t.id AND subject_id = p.id AND kind = 'user_unfollowed' OFFSET 0
    )
), candidates AS (
    SELECT DISTINCT c.number, c.kind, c.post_id, c.transaction, c.subject_id, c.user_id, f.viewer_id
    FROM causes c JOIN followers f ON f.user_id = c.user_id
    WHERE {unmuted user_id=c.user_id viewer=f.viewer_id}
    UNION ALL
    SELECT c.number, c.kind, c.post_id, c.transaction, c.subject_id, c.user_id, t.id
    FROM causes c JOIN viewers t ON t.id = c.user_id
    WHERE c.kind IN ('post_created', 'post_deleted')
    UNION ALL
    -- A deleted post that more users have shared is removed from all viewers' feeds, which loses nothing.
    SELECT h.number, h.kind, h.post_id, h.transaction, h.subject_id, NULL::bigint, t.id
    FROM deleted d JOIN happened h ON h.number = d.number CROSS JOIN viewers t
    WHERE cardinality(d.sharers) > (SELECT sharers FROM few)
)
SELECT c.number, c.viewer_id, p.id AS position,
    {post_states viewer=c.viewer_id key=p.id}, NULL::bigint
FROM candidates c JOIN posts p ON p.id = c.post_id
WHERE c.kind = 'post_created' AND {not_deleted user_id=p.author_id}
-- The viewer is the author or a follower.
AND (p.visibility < 2 OR p.author_id = c.viewer_id OR post_readable(c.viewer_id, p.id, p.author_id, p.visibility))
UNION ALL
SELECT c.number, c.viewer_id, x.id,
    {post_states viewer=c.viewer_id key=p.id}, x.user_id
FROM candidates c
JOIN shares x ON x.user_id = c.user_id AND x.post_id = c.post_id
JOIN posts p ON p.id = x.post_id
JOIN users a ON a.id = p.author_id
WHERE c.kind = 'post_shared' AND {not_deleted user_id=c.user_id}
AND {post_visible viewer=c.viewer_id} AND {unmuted user_id=p.author_id viewer=c.viewer_id}
-- The entry is at the position of its newest reason: a share with a newer key from before the event has it already.
-- Most shares have none since, which one index probe shows. For the others: through the users who have shared the post since or
-- through the followees, where a step costs four times as much, whichever are fewer.
AND NOT (EXISTS (SELECT FROM shares y WHERE y.post_id = x.post_id AND y.id > x.id) AND CASE
    WHEN (
        SELECT (SELECT count(*) FROM (SELECT FROM shares y WHERE y.post_id = x.post_id AND y.id > x.id LIMIT 4 * following_count) s)
            < 4 * following_count
        FROM users WHERE id = c.viewer_id
    )
    THEN EXISTS (
        SELECT FROM shares y WHERE y.post_id = x.post_id AND y.id > x.id AND coalesce(y.transaction <= c.transaction, true)
        AND EXISTS (SELECT FROM follows WHERE follower_id = c.viewer_id AND followee_id = y.user_id OFFSET 0)
        AND {unmuted user_id=y.user_id viewer=c.viewer_id} AND {not_deleted user_id=y.user_id}
    )
    ELSE EXISTS (
        SELECT FROM follows f WHERE f.follower_id = c.viewer_id
        AND EXISTS (
            SELECT FROM shares y WHERE y.user_id = f.followee_id AND y.post_id = x.post_id AND y.id > x.id
            AND coalesce(y.transaction <= c.transaction, true) OFFSET 0
        )
        AND {unmuted user_id=f.followee_id viewer=c.viewer_id} AND {not_deleted user_id=f.followee_id}
    ) END)
UNION ALL
SELECT DISTINCT c.number, c.viewer_id, NULL::bigint, NULL::boolean[], NULL::bigint
FROM candidates c JOIN happened h ON h.number = c.number
WHERE c.kind = 'post_deleted'
-- The subject is the visibility that the post had, if it was not public. What it mentioned is gone with it.
AND (c.subject_id IS NULL OR c.viewer_id = h.actor_id OR (c.subject_id = 1 AND c.user_id = h.actor_id)
    OR post_readable(c.viewer_id, c.post_id, h.actor_id, c.subject_id::integer))
UNION ALL
-- The share was removed, and the post was deleted, is hidden from all users or is not for the viewer any more.
SELECT c.number, c.viewer_id, NULL::bigint, NULL::boolean[], NULL::bigint
FROM candidates c LEFT JOIN posts p ON p.id = c.post_id LEFT JOIN users a ON a.id = p.author_id
WHERE c.kind = 'post_unshared' AND (
    p.id IS NULL OR NOT ({not_deleted user_id=p.author_id}) OR (p.visibility = 0 AND NOT {post_readable viewer=c.viewer_id})
)
UNION ALL
-- The share was removed. If it was the newest reason, the entry falls back to the newest one that is left, or is removed.
SELECT c.number, c.viewer_id, rest.position,
    CASE WHEN rest.position IS NOT NULL THEN {post_states viewer=c.viewer_id key=p.id} END, rest.sharer_id
FROM candidates c
JOIN posts p ON p.id = c.post_id
JOIN users a ON a.id = p.author_id
LEFT JOIN LATERAL (
    SELECT position, sharer_id FROM (
        (SELECT x.id AS position, x.user_id AS sharer_id
        FROM shares x JOIN follows f ON f.follower_id = c.viewer_id AND f.followee_id = x.user_id
        WHERE x.post_id = p.id AND {unmuted user_id=x.user_id viewer=c.viewer_id} AND {not_deleted user_id=x.user_id}
        ORDER BY x.id DESC LIMIT 1)
        UNION ALL
        SELECT p.id, NULL::bigint
        WHERE p.author_id = c.viewer_id OR EXISTS (SELECT FROM follows WHERE follower_id = c.viewer_id AND followee_id = p.author_id)
    ) reasons
    ORDER BY position DESC LIMIT 1
) rest ON true
WHERE c.kind = 'post_unshared'
AND {post_visible viewer=c.viewer_id} AND {unmuted user_id=p.author_id viewer=c.viewer_id}
AND (rest.position IS NULL OR c.subject_id IS NULL OR rest.position < c.subject_id)
UNION ALL
SELECT max(whole.number), whole.viewer_id, NULL::bigint, NULL::boolean[], NULL::bigint
FROM (
    SELECT h.number, t.id AS viewer_id FROM happened h JOIN viewers t ON t.id = h.actor_id WHERE {changes_whole_feed event=h}
    UNION ALL
    SELECT c.number, c.viewer_id FROM candidates c WHERE c.kind IN {account_events} AND (
        EXISTS (SELECT FROM follows WHERE follower_id = c.viewer_id AND followee_id = c.user_id OFFSET 0)
        -- Who has unfollowed the user before has no entries of theirs.
        OR EXISTS (
            SELECT FROM events e WHERE e.actor_id = c.viewer_id AND e.subject_id = c.user_id AND e.kind = 'user_unfollowed'
            AND e.transaction >= c.transaction OFFSET 0
        )
    )
) whole
GROUP BY whole.viewer_id
