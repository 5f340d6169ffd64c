-- Follows people, who are locked already. $1 viewers, $2 people, $3 clients' keys: one at each place.
-- A row for each place where the viewer can see the person: the place, whether this changed anything, true, the person.
WITH {follows_asked}, changes AS (
    INSERT INTO follows (follower_id, followee_id) SELECT viewer_id, id FROM asked ORDER BY n ON CONFLICT DO NOTHING
    RETURNING follower_id, followee_id
), {follows_done sign=+ kind=user_followed}
SELECT n, changed, true, id, username, display_name, avatar_url FROM done
