-- Deletes posts of an author that have no likes, comments or shares; they are locked already. $1 author, $2 posts.
-- Gives the number of posts. Subscribers have been notified already of posts that were deleted one by one (post_delete.sql).
WITH deleted AS (
    DELETE FROM posts WHERE author_id = $1 AND id = ANY($2::text::bigint[]) RETURNING id
), counted AS (
    UPDATE users SET post_count = post_count - (SELECT count(*) FROM deleted)::int WHERE id = $1 AND EXISTS (SELECT FROM deleted)
), logged AS (
    INSERT INTO events (kind, actor_id, post_id) SELECT 'post_deleted', $1, id FROM deleted WHERE $1 <> {posts_holder} ORDER BY id DESC
)
SELECT count(*) FROM deleted
