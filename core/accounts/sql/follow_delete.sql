-- Ends follows of people, who are locked already. $1 viewers, $2 people, $3 clients' keys: one at each place.
-- A row for each place where the viewer can see the person: the place, whether this changed anything, true, the person.
WITH {follows_asked}, changes AS (
    DELETE FROM follows f USING asked WHERE f.follower_id = asked.viewer_id AND f.followee_id = asked.id
    RETURNING f.follower_id, f.followee_id
), {follows_done sign=- kind=user_unfollowed}
SELECT n, changed, true, id, username, display_name, avatar_url FROM done
