-- Deletes the viewer's own comment, also on a post that is hidden from them. The post is locked already, and so is the
-- comment with all above it: a row for which a statement waits is tested again by PostgreSQL after the change, without the
-- parts of the statement that come first.
-- $1 viewer, $2 comment, $3 client's key.
-- One row for a comment that is the viewer's or that they can see, and that is not deleted: whether it is the viewer's.
WITH RECURSIVE seen AS MATERIALIZED (
    SELECT c.id, c.post_id, c.parent_id, c.author_id = $1 AS own
    FROM comments c JOIN posts p ON p.id = c.post_id JOIN users o ON o.id = p.author_id
    WHERE c.id = $2 AND c.deleted_at IS NULL
    AND ((c.author_id = $1 AND {not_deleted user_id=c.author_id}) OR {comment_visible})
), to_delete AS (
    -- A comment with replies stays, to hold them. One without is deleted, and so are tombstones above it without other replies.
    SELECT id, parent_id FROM seen WHERE own AND NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = seen.id)
    UNION ALL
    SELECT c.id, c.parent_id
    FROM to_delete g JOIN comments c ON c.id = g.parent_id
    WHERE c.deleted_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM comments r WHERE r.parent_id = c.id AND r.id <> g.id)
), deleted AS (
    DELETE FROM comments c USING to_delete WHERE c.id = to_delete.id
), unliked AS (
    DELETE FROM comment_likes l USING seen WHERE l.comment_id = seen.id AND own
), emptied AS (
    UPDATE comments c SET deleted_at = now(), author_id = NULL, text = '', entities = '{}', edited_at = NULL, like_count = 0
    FROM seen WHERE c.id = seen.id AND own AND NOT EXISTS (SELECT FROM to_delete)
), counted_by_parent AS (
    -- A tombstone is a reply as long as it holds a live one, so only what goes is taken off.
    UPDATE comments c SET reply_count = c.reply_count - 1
    FROM to_delete g
    WHERE c.id = g.parent_id AND NOT EXISTS (SELECT FROM to_delete WHERE to_delete.id = c.id)
), counted_by_post AS (
    UPDATE posts p SET comment_count = p.comment_count - 1 FROM seen WHERE p.id = seen.post_id AND own
), remaining AS (
    -- The nearest comment above those that go.
    SELECT g.parent_id AS id FROM to_delete g
    WHERE g.parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM to_delete WHERE id = g.parent_id)
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, parent_id, client_mutation_id)
    SELECT 'comment_deleted', $1, post_id, id,
        CASE WHEN EXISTS (SELECT FROM to_delete) THEN (SELECT id FROM remaining) ELSE parent_id END, $3
    FROM seen WHERE own
    UNION ALL
    SELECT 'tombstone_deleted', $1, seen.post_id, g.id, (SELECT id FROM remaining), NULL
    FROM to_delete g CROSS JOIN seen WHERE g.id <> seen.id
    ORDER BY 4 DESC
)
SELECT own FROM seen
