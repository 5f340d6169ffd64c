-- Whether rows refer to a user that keep the account from being deleted. The user is locked already, so that none is added. $1 user.
-- It waits for no lock, as the check of a foreign key would: who holds such a row may wait for the user.
SELECT EXISTS (SELECT FROM posts WHERE author_id = $1)
    OR EXISTS (SELECT FROM comments WHERE author_id = $1)
    OR EXISTS (SELECT FROM post_likes WHERE user_id = $1)
    OR EXISTS (SELECT FROM comment_likes WHERE user_id = $1)
    OR EXISTS (SELECT FROM shares WHERE user_id = $1)
    OR EXISTS (SELECT FROM bookmarks WHERE user_id = $1)
    OR EXISTS (SELECT FROM post_mentions WHERE user_id = $1)
    OR EXISTS (SELECT FROM media WHERE owner_id = $1)
    OR EXISTS (SELECT FROM follows WHERE follower_id = $1)
    OR EXISTS (SELECT FROM follows WHERE followee_id = $1)
    OR EXISTS (SELECT FROM notification_actors WHERE actor_id = $1)
