-- Deletes shares of posts. Arrays with one place for each share: $1 actors, $2 posts, $3 clients' keys.
-- A row for each place with a post that the actor can see or shares: the place, whether this changed anything, whether the
-- actor can see the post, the post afterwards.
WITH {posts_asked table=shares undoes=true}, changes AS (
    DELETE FROM shares m USING asked WHERE m.user_id = asked.actor_id AND m.post_id = asked.id
    RETURNING user_id, post_id, m.id
), {posts_done count=share_count sign=-}, logged AS (
    -- The subject is the share's key, its place in feeds: one that is made again soon gets it back.
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT 'post_unshared', actor_id, done.id, changes.id, key
    FROM done JOIN changes ON (user_id, post_id) = (actor_id, done.id)
    WHERE changed ORDER BY n
)
SELECT n, changed, is_visible, id, text, {moment of=created_at}, {moment of=edited_at},
    like_count, comment_count, share_count - {changes},
    EXISTS (SELECT FROM post_likes l WHERE l.user_id = actor_id AND l.post_id = done.id OFFSET 0), false,
    author_id, username, display_name, avatar_url
FROM done
