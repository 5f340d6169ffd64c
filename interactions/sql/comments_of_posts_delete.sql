-- Deletes those of these comments that have no other replies than these, on posts that are about to be deleted, without
-- events. They and their posts are locked already. $1 comments. Gives the number of comments.
WITH to_delete AS MATERIALIZED (
    SELECT c.id, c.post_id, c.parent_id, c.deleted_at IS NULL AS is_live
    FROM unnest($1::text::bigint[]) AS k(id) JOIN comments c ON c.id = k.id
    WHERE NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = c.id AND r.id <> ALL($1::text::bigint[]))
), deleted AS (
    DELETE FROM comments c USING to_delete WHERE c.id = to_delete.id RETURNING c.id
), counted_by_parent AS (
    UPDATE comments c SET reply_count = c.reply_count - n.times
    FROM (SELECT parent_id, count(*)::int AS times FROM to_delete GROUP BY parent_id) n
    WHERE c.id = n.parent_id AND c.id NOT IN (SELECT id FROM to_delete)
), counted_by_post AS (
    UPDATE posts p SET comment_count = p.comment_count - n.times
    FROM (SELECT post_id, count(*)::int AS times FROM to_delete WHERE is_live GROUP BY post_id) n WHERE p.id = n.post_id
)
SELECT count(*) FROM deleted
