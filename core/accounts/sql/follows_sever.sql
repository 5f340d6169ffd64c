-- Ends follows whatever blocks there are; all users are locked already. Arrays with one place for each follow:
-- $1 followers, $2 followees. Gives the number of follows.
WITH deleted AS (
    DELETE FROM follows f USING unnest($1::text::bigint[], $2::text::bigint[]) AS k(follower_id, followee_id)
    WHERE f.follower_id = k.follower_id AND f.followee_id = k.followee_id
    RETURNING f.follower_id, f.followee_id
), counted AS (
    {follows_counted sign=- follows=deleted}
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id) SELECT 'user_unfollowed', follower_id, followee_id FROM deleted
)
SELECT count(*) FROM deleted
