-- What events have changed about the causes of notifications, as things are now. $1 kinds, $2 actors, $3 posts (or 0),
-- $4 subjects (or 0) and $5 transactions of the events.
-- One row for each event, recipient and cause: the number of the event, the recipient, the thing, the kind of notification, the post,
-- the comment, the actor, the comment or post by which (or 0), whether the event began the cause (1) or ended it (-1; 0: it does not
-- say), whether the cause holds, and whether the recipient is notified of such.
WITH happened AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text::bigint[], $3::text::bigint[], $4::text::bigint[], $5::text::bigint[])
        WITH ORDINALITY AS e(kind, actor_id, post_id, subject_id, transaction, number)
    -- Who has accepted a request is not notified of the follow.
    WHERE NOT (kind = 'user_followed' AND EXISTS (
        SELECT FROM events o WHERE o.transaction = e.transaction AND o.kind = 'follow_accepted'
        AND o.actor_id = e.subject_id AND o.subject_id = e.actor_id OFFSET 0
    ))
), written AS MATERIALIZED (
    -- Comments with all who may be notified of them; of several reasons the first counts.
    SELECT e.number, e.kind AS event, e.actor_id, c.id, c.post_id, c.entities, p.author_id AS post_author_id,
        r.id AS parent_id, r.author_id AS parent_author_id
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM comments WHERE id = e.subject_id AND author_id = e.actor_id OFFSET 0) c
    CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = c.post_id OFFSET 0) p
    LEFT JOIN LATERAL (SELECT * FROM comments WHERE id = c.parent_id OFFSET 0) r ON true
    WHERE e.kind IN ('comment_created', 'comment_edited')
), causes AS (
    SELECT e.number, p.author_id AS recipient_id, {kind_like} AS kind, p.id AS thing_id, p.id AS post_id,
        NULL::bigint AS comment_id, e.actor_id, 0::bigint AS subject_id, 0 AS rank, true AS is_own,
        CASE e.kind WHEN 'post_liked' THEN 1 ELSE -1 END AS step,
        EXISTS (SELECT FROM post_likes m WHERE m.user_id = e.actor_id AND m.post_id = p.id OFFSET 0) AS holds
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = e.post_id OFFSET 0) p
    WHERE e.kind IN ('post_liked', 'post_unliked')
    UNION ALL
    SELECT e.number, c.author_id, {kind_like}, c.id, c.post_id, c.id, e.actor_id, 0, 0, false, CASE e.kind WHEN 'comment_liked' THEN 1 ELSE -1 END,
        EXISTS (SELECT FROM comment_likes m WHERE m.user_id = e.actor_id AND m.comment_id = c.id OFFSET 0)
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM comments WHERE id = e.subject_id OFFSET 0) c
    WHERE e.kind IN ('comment_liked', 'comment_unliked') AND c.author_id IS NOT NULL
    UNION ALL
    SELECT e.number, p.author_id, {kind_share}, p.id, p.id, NULL, e.actor_id, 0, 0, true, CASE e.kind WHEN 'post_shared' THEN 1 ELSE -1 END,
        EXISTS (SELECT FROM shares m WHERE m.user_id = e.actor_id AND m.post_id = p.id OFFSET 0)
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = e.post_id OFFSET 0) p
    WHERE e.kind IN ('post_shared', 'post_unshared')
    UNION ALL
    -- Who was notified of the comment when it was created is not notified again of a mention by an edit: without a step.
    SELECT number, post_author_id, {kind_comment}, post_id, post_id, NULL, actor_id, id, 2, true,
        CASE event WHEN 'comment_created' THEN 0 END, true
    FROM written
    UNION ALL
    SELECT number, parent_author_id, {kind_reply}, parent_id, post_id, NULL, actor_id, id, 1, false,
        CASE event WHEN 'comment_created' THEN 0 END, true
    FROM written WHERE parent_author_id IS NOT NULL
    UNION ALL
    SELECT w.number, u.id, {kind_mention}, w.id, w.post_id, w.id, w.actor_id, w.id, 3, false, 0, true
    FROM written w CROSS JOIN LATERAL unnest(w.entities) WITH ORDINALITY AS m(key, n)
    CROSS JOIN LATERAL (SELECT * FROM users WHERE id = m.key OFFSET 0) u
    WHERE m.n % 3 = 0
    UNION ALL
    -- A mention that an edit has taken away.
    SELECT w.number, n.recipient_id, {kind_mention}, w.id, w.post_id, w.id, w.actor_id, w.id, 3, false, 0, false
    FROM written w CROSS JOIN LATERAL (
        SELECT recipient_id FROM notification_actors WHERE subject_id = w.id AND subject_id > 0 AND kind = {kind_mention} OFFSET 0
    ) n
    WHERE w.event = 'comment_edited' AND n.recipient_id <> ALL(ARRAY(
        SELECT m.key FROM unnest(w.entities) WITH ORDINALITY AS m(key, n) WHERE m.n % 3 = 0
    ))
    UNION ALL
    SELECT e.number, q.author_id, {kind_quote}, q.id, q.id, NULL, e.actor_id, p.id, 1, true,
        CASE e.kind WHEN 'post_created' THEN 0 END, true
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = e.post_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = p.quoted_post_id OFFSET 0) q
    WHERE e.kind IN ('post_created', 'post_edited')
    UNION ALL
    SELECT e.number, m.user_id, {kind_mention}, p.id, p.id, NULL, e.actor_id, p.id, 2, false, 0, true
    FROM happened e CROSS JOIN LATERAL (SELECT * FROM posts WHERE id = e.post_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT * FROM post_mentions WHERE post_id = p.id OFFSET 0) m
    WHERE e.kind IN ('post_created', 'post_edited')
    UNION ALL
    SELECT e.number, n.recipient_id, {kind_mention}, e.post_id, e.post_id, NULL, e.actor_id, e.post_id, 2, false, 0, false
    FROM happened e CROSS JOIN LATERAL (
        SELECT recipient_id FROM notification_actors WHERE subject_id = e.post_id AND subject_id > 0 AND kind = {kind_mention} OFFSET 0
    ) n
    WHERE e.kind = 'post_edited'
    AND NOT EXISTS (SELECT FROM post_mentions m WHERE m.post_id = e.post_id AND m.user_id = n.recipient_id OFFSET 0)
    UNION ALL
    SELECT e.number, e.subject_id, {kind_follow}, 0, NULL, NULL, e.actor_id, 0, 0, true, CASE e.kind WHEN 'user_followed' THEN 1 ELSE -1 END,
        EXISTS (SELECT FROM follows f WHERE f.follower_id = e.actor_id AND f.followee_id = e.subject_id OFFSET 0)
    FROM happened e WHERE e.kind IN ('user_followed', 'user_unfollowed')
    UNION ALL
    -- A follow may end a request of the time when the account was private.
    SELECT e.number, e.subject_id, {kind_follow_request}, 0, NULL, NULL, e.actor_id, 0, 0, true,
        CASE e.kind WHEN 'follow_requested' THEN 1 WHEN 'follow_request_deleted' THEN -1 ELSE 0 END,
        EXISTS (SELECT FROM follow_requests r WHERE r.requester_id = e.actor_id AND r.target_id = e.subject_id OFFSET 0)
    FROM happened e WHERE e.kind IN ('user_followed', 'follow_requested', 'follow_request_deleted')
    UNION ALL
    SELECT e.number, e.actor_id, {kind_follow_request}, 0, NULL, NULL, e.subject_id, 0, 0, true, -1,
        EXISTS (SELECT FROM follow_requests r WHERE r.requester_id = e.subject_id AND r.target_id = e.actor_id OFFSET 0)
    FROM happened e WHERE e.kind = 'follow_accepted'
    UNION ALL
    SELECT e.number, e.subject_id, {kind_follow_accepted}, 0, NULL, NULL, e.actor_id, 0, 0, true, 1,
        EXISTS (SELECT FROM follows f WHERE f.follower_id = e.subject_id AND f.followee_id = e.actor_id OFFSET 0)
    FROM happened e WHERE e.kind = 'follow_accepted'
    UNION ALL
    SELECT e.number, e.actor_id, {kind_follow_accepted}, 0, NULL, NULL, e.subject_id, 0, 0, true, -1,
        EXISTS (SELECT FROM follows f WHERE f.follower_id = e.actor_id AND f.followee_id = e.subject_id OFFSET 0)
    FROM happened e WHERE e.kind = 'user_unfollowed'
), judged AS MATERIALIZED (
    SELECT n.*, EXISTS (SELECT FROM users u WHERE u.id = n.recipient_id AND {not_deleted user_id=u.id} OFFSET 0)
        AND {notification_allowed recipient=n.recipient_id actor=n.actor_id kind=n.kind}
        -- Everybody sees their own posts.
        AND (n.is_own OR {notification_thing_visible})
        AND (n.kind <> {kind_quote} OR EXISTS (
            SELECT FROM posts p JOIN users a ON a.id = p.author_id
            WHERE p.id = n.subject_id AND {post_visible viewer=n.recipient_id} OFFSET 0
        )) AS is_wanted
    FROM causes n WHERE n.recipient_id <> n.actor_id
)
SELECT number, recipient_id, thing_id, kind, post_id, comment_id, actor_id, subject_id, step, holds, is_wanted
FROM (
    SELECT *, row_number() OVER (PARTITION BY number, recipient_id, holds AND is_wanted ORDER BY rank) AS place FROM judged
) j
WHERE step IS NOT NULL AND (NOT (holds AND is_wanted) OR place = 1)
ORDER BY number
