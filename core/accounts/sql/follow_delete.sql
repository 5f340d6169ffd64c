-- Ends follows of users, who are locked already, and takes back requests to follow. Arrays with one place for each: $1 viewers,
-- $2 users, $3 clients' keys.
-- A row for each place where the viewer can see the user, follows or asks: the place, false, whether this changed anything, whether
-- the viewer can see the user, the user.
WITH {follows_requested undoes=true}, changes AS (
    DELETE FROM follows f USING requested WHERE f.follower_id = requested.viewer_id AND f.followee_id = requested.id
    RETURNING f.follower_id, f.followee_id
), {follows_done sign=- kind=user_unfollowed}, taken_back AS (
    DELETE FROM follow_requests r USING requested WHERE r.requester_id = requested.viewer_id AND r.target_id = requested.id
    RETURNING r.requester_id, r.target_id
), taken_back_first AS MATERIALIZED (
    {first_of pairs=taken_back}
), taken_back_logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'follow_request_deleted', viewer_id, id, key FROM taken_back_first ORDER BY n
)
SELECT n, false, changed OR n IN (SELECT n FROM taken_back_first), {visible user_id=id viewer=viewer_id}, id, username, display_name, avatar_url FROM done
