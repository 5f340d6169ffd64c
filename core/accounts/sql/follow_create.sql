-- Follows users, who are locked already. Arrays with one place for each follow: $1 viewers, $2 users, $3 clients' keys.
-- A row for each place where the viewer can see the user: the place, whether this changed anything, true, the user.
WITH {follows_requested}, changes AS (
    INSERT INTO follows (follower_id, followee_id) SELECT viewer_id, id FROM requested ORDER BY n ON CONFLICT DO NOTHING
    RETURNING follower_id, followee_id
), {follows_done sign=+ kind=user_followed}
SELECT n, changed, true, id, username, display_name, avatar_url FROM done
