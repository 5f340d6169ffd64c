-- Sets of the hashtags of posts whether everybody may see the post; a trigger counts those. The posts are locked already, then the
-- hashtags. $1 posts. Gives how many have changed.
WITH judged AS (
    SELECT h.hashtag_id, h.post_id, {post_public} AND {user_not_deleted user=a} AS is_public
    FROM post_hashtags h JOIN posts p ON p.id = h.post_id JOIN users a ON a.id = p.author_id
    WHERE h.post_id = ANY($1::bigint[])
), changed AS (
    UPDATE post_hashtags h SET is_public = j.is_public FROM judged j
    WHERE h.hashtag_id = j.hashtag_id AND h.post_id = j.post_id AND h.is_public <> j.is_public
    RETURNING 1
)
SELECT count(*) FROM changed
