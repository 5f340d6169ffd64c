-- Deletes likes of posts. Arrays with one place for each like: $1 actors, $2 posts, $3 clients' keys.
-- A row for each place with a post that the actor can see or likes: the place, whether this changed anything, whether the
-- actor can see the post, the post afterwards.
WITH {posts_asked table=post_likes undoes=true}, changes AS (
    DELETE FROM post_likes m USING asked WHERE m.user_id = asked.actor_id AND m.post_id = asked.id
    RETURNING user_id, post_id
), {posts_done count=like_count sign=-}, {posts_logged kind=post_unliked}
SELECT n, changed, is_visible, id, text, {moment of=created_at}, {moment of=edited_at},
    like_count - {changes}, comment_count, share_count,
    false, EXISTS (SELECT FROM shares s WHERE s.user_id = actor_id AND s.post_id = done.id OFFSET 0),
    author_id, username, display_name, avatar_url
FROM done
