-- Follows users, who are locked already, or asks to follow those whose accounts are private. Arrays with one place for each:
-- $1 viewers, $2 users, $3 clients' keys.
-- A row for each place where the viewer can see the user: the place, whether the viewer waits for too many answers to ask
-- another user, whether this changed anything, true, the user.
WITH {follows_requested undoes=false}, changes AS (
    INSERT INTO follows (follower_id, followee_id) SELECT viewer_id, id FROM requested WHERE NOT is_private ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING follower_id, followee_id
), {follows_done sign=+ kind=user_followed}, answered AS (
    -- The account may have been private when the viewer asked.
    DELETE FROM follow_requests r USING changes WHERE r.requester_id = follower_id AND r.target_id = followee_id
), asking AS MATERIALIZED (
    -- Those that ask at once count each other; the same one twice is one.
    SELECT n, viewer_id, id, dense_rank() OVER (PARTITION BY viewer_id ORDER BY id) + (
        SELECT count(*) FROM (SELECT FROM follow_requests WHERE requester_id = viewer_id LIMIT {pending_requests_limit}) x
    ) > {pending_requests_limit} AS is_over_limit
    FROM requested r
    WHERE is_private AND NOT EXISTS (SELECT FROM follows f WHERE f.follower_id = r.viewer_id AND f.followee_id = r.id OFFSET 0)
    AND NOT EXISTS (SELECT FROM follow_requests q WHERE q.requester_id = r.viewer_id AND q.target_id = r.id OFFSET 0)
), asked AS (
    INSERT INTO follow_requests (requester_id, target_id) SELECT viewer_id, id FROM asking WHERE NOT is_over_limit ORDER BY n
    ON CONFLICT DO NOTHING
    RETURNING requester_id, target_id
), asked_first AS MATERIALIZED (
    {first_of pairs=asked}
), asked_logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'follow_requested', viewer_id, id, key FROM asked_first ORDER BY n
)
SELECT n, n IN (SELECT n FROM asking WHERE is_over_limit), changed OR n IN (SELECT n FROM asked_first), true, id, username, display_name, avatar_url FROM done
