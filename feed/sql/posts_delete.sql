-- Deletes posts of an author that have no likes, comments or shares; they and what they quote are locked already. $1 author, $2 posts.
-- Gives the number of posts. Subscribers have been notified already of posts that were deleted one by one (post_delete.sql).
WITH deleted AS (
    DELETE FROM posts p USING users a WHERE a.id = $1 AND p.author_id = $1 AND p.id = ANY($2::text::bigint[])
    RETURNING p.id, p.quoted_post_id, {visibility_now of=p.visibility} AS visibility
), unquoted AS (
    UPDATE posts q SET quote_count = q.quote_count - n.times
    FROM (SELECT quoted_post_id, count(*)::int AS times FROM deleted WHERE quoted_post_id IS NOT NULL GROUP BY quoted_post_id) n
    WHERE q.id = n.quoted_post_id AND q.id <> ALL($2::text::bigint[])
), counted AS (
    UPDATE users SET post_count = post_count - (SELECT count(*) FROM deleted)::int WHERE id = $1 AND EXISTS (SELECT FROM deleted)
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id)
    SELECT 'post_deleted', $1, id, nullif(visibility, 0) FROM deleted WHERE $1 <> {posts_holder}
    UNION ALL
    SELECT 'post_mention_changed', m.user_id, d.id, $1 FROM deleted d JOIN post_mentions m ON m.post_id = d.id
    WHERE d.visibility = 2 AND $1 <> {posts_holder}
    ORDER BY 3 DESC
)
SELECT count(*) FROM deleted
