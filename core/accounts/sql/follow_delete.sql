-- Ends follows of users, who are locked already. Arrays with one place for each: $1 viewers, $2 users, $3 clients' keys.
-- A row for each place where the viewer can see the user: the place, whether this changed anything, true, the user.
WITH {follows_requested}, changes AS (
    DELETE FROM follows f USING requested WHERE f.follower_id = requested.viewer_id AND f.followee_id = requested.id
    RETURNING f.follower_id, f.followee_id
), {follows_done sign=- kind=user_unfollowed}
SELECT n, changed, true, id, username, display_name, avatar_url FROM done
