-- Deletes likes of comments. Arrays with one place for each like: $1 actors, $2 comments, $3 clients' keys.
-- A row for each place with a comment that the actor can see or likes: the place, whether this changed anything, whether
-- the actor can see the comment, the comment afterwards.
WITH {comments_asked undoes=true}, changes AS (
    DELETE FROM comment_likes m USING asked WHERE m.user_id = asked.actor_id AND m.comment_id = asked.id
    RETURNING user_id, comment_id
), {comments_done sign=- kind=comment_unliked}
SELECT n, changed, is_visible, post_id, id, parent_id, text, {moment of=created_at}, like_count - {changes}, reply_count,
    author_id, username, display_name, avatar_url
FROM done
