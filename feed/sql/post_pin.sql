-- Pins the viewer's own post, in place of another. $1 viewer, $2 post.
-- One row for a post that the viewer can see: whether it is the viewer's, whether this changed anything.
WITH seen AS (
    SELECT p.id, p.author_id = $1 AS own FROM posts p JOIN users a ON a.id = p.author_id WHERE p.id = $2 AND {post_visible}
), pinned AS (
    INSERT INTO pinned_posts AS k (user_id, post_id) SELECT $1, id FROM seen WHERE own
    ON CONFLICT (user_id) DO UPDATE SET post_id = excluded.post_id WHERE k.post_id <> excluded.post_id
    RETURNING user_id
)
SELECT own, EXISTS (SELECT FROM pinned) FROM seen
