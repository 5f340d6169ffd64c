-- Likes comments. Arrays with one place for each like: $1 actors, $2 comments, $3 clients' keys.
-- A row for each place with a comment that the actor can see: the place, whether this changed anything, true, the
-- comment afterwards.
WITH {comments_asked undoes=false}, changes AS (
    INSERT INTO comment_likes (user_id, comment_id) SELECT actor_id, id FROM asked ON CONFLICT DO NOTHING
    RETURNING user_id, comment_id
), {comments_done sign=+ kind=comment_liked}
SELECT n, changed, is_visible, post_id, id, parent_id, text, {moment of=created_at}, like_count + {changes}, reply_count,
    author_id, username, display_name, avatar_url
FROM done
