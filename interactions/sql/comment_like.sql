-- Likes comments. $1 people, $2 comments, $3 clients' keys: one at each place.
-- A row for each place where there is a comment to be seen: the place, whether this changed anything, true, the
-- comment afterwards.
WITH {comments_asked undoes=false}, changes AS (
    INSERT INTO comment_likes (user_id, comment_id) SELECT actor_id, id FROM asked ON CONFLICT DO NOTHING
    RETURNING user_id, comment_id
), {comments_done sign=+ kind=comment_liked}
SELECT n, changed, is_visible, post_id, id, parent_id, text, {moment of=created_at}, like_count + {changes}, reply_count,
    author_id, username, display_name, avatar_url
FROM done
