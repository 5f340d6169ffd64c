-- Likes posts. Arrays with one place for each like: $1 actors, $2 posts, $3 clients' keys.
-- A row for each place with a post that the actor can see: the place, whether this changed anything, true, the post
-- afterwards.
WITH {posts_asked table=post_likes undoes=false}, changes AS (
    INSERT INTO post_likes (user_id, post_id) SELECT actor_id, id FROM asked ON CONFLICT DO NOTHING
    RETURNING user_id, post_id
), {posts_done count=like_count sign=+}, {posts_logged kind=post_liked}
SELECT n, changed, is_visible, id, text, {moment of=created_at}, {moment of=edited_at},
    like_count + {changes}, comment_count, share_count,
    true, EXISTS (SELECT FROM shares s WHERE s.user_id = actor_id AND s.post_id = done.id OFFSET 0),
    author_id, username, display_name, avatar_url
FROM done
