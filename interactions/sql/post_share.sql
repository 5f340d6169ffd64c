-- Shares posts. Arrays with one place for each share: $1 actors, $2 posts, $3 clients' keys.
-- A row for each place with a post that the actor can see: the place, whether this changed anything, true, the post
-- afterwards.
WITH {posts_asked table=shares undoes=false}, changes AS (
    INSERT INTO shares (user_id, post_id, id, transaction)
    SELECT asked.actor_id, asked.id, coalesce(taken_back.id, time_ordered_key()),
        CASE WHEN taken_back.id IS NULL THEN pg_current_xact_id()::text::bigint ELSE taken_back.transaction END
    FROM asked {share_taken_back}
    ON CONFLICT DO NOTHING
    RETURNING user_id, post_id
), {posts_done count=share_count sign=+}, {posts_logged kind=post_shared}
SELECT n, changed, is_visible, id, text, {moment of=created_at}, {moment of=edited_at},
    like_count, comment_count, share_count + {changes},
    EXISTS (SELECT FROM post_likes l WHERE l.user_id = actor_id AND l.post_id = done.id OFFSET 0), true,
    author_id, username, display_name, avatar_url
FROM done
