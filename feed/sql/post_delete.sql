-- Deletes the author's own post with its likes, comments and shares. It is locked already, and what it quotes. $1 viewer, $2 post, $3 client's key, $4 id of the request.
-- One row for a post that the viewer can see: whether it is the viewer's, and whether it was there to delete.
-- A post with many likes, comments or shares becomes one of a deleted account that exists for this alone: so it is hidden
-- from everybody at once, and removed in small transactions (interactions/erasure.py).
WITH seen AS (
    SELECT p.id, p.author_id, p.quoted_post_id, p.visibility = 0 AS is_shareable, {visibility_now of=p.visibility} AS visibility
    FROM posts p JOIN users a ON a.id = p.author_id WHERE p.id = $2 AND {post_visible}
), attached AS MATERIALIZED (
    SELECT {reaction_rows post=$2}
        + (SELECT count(*) FROM (SELECT FROM comments WHERE post_id = $2 LIMIT {rows_at_once}) x) AS rows
), deleted AS (
    DELETE FROM posts WHERE id = $2 AND author_id = $1 AND $1 <> {posts_holder} AND {not_deleted user_id=author_id}
    AND (SELECT rows FROM attached) < {rows_at_once}
    RETURNING id
), reassigned AS (
    UPDATE posts SET author_id = {posts_holder}, quoted_post_id = NULL WHERE id = $2 AND author_id = $1 AND $1 <> {posts_holder} AND {not_deleted user_id=author_id}
    AND (SELECT rows FROM attached) >= {rows_at_once}
    -- Before the author is locked: the account may not be there to lock yet.
    RETURNING id, {posts_holder_locked}
), holder AS (
    INSERT INTO users (
        id, username, email, password, display_name, bio, avatar_url, is_active, is_staff, is_superuser, post_count
    )
    SELECT {posts_holder}, 'held_' || name, name || '@example.invalid', '!', 'Deleted posts', '', '', false, false, false, 1
    FROM reassigned CROSS JOIN (SELECT left(md5(random()::text), 20) AS name) random
    ON CONFLICT (id) DO UPDATE SET post_count = users.post_count + 1
    RETURNING id
), hidden AS (
    INSERT INTO account_deletions (user_id) SELECT id FROM holder ON CONFLICT DO NOTHING
), erasure AS (
    {erasure_added of=holder cause=$4::text}
), done AS (
    SELECT id FROM deleted UNION ALL SELECT reassigned.id FROM reassigned CROSS JOIN holder
), unquoted AS (
    UPDATE posts q SET quote_count = q.quote_count - 1 FROM seen, done WHERE q.id = seen.quoted_post_id
), untagged AS (
    -- Those of a deleted post are deleted with it.
    DELETE FROM post_hashtags h USING reassigned WHERE h.post_id = reassigned.id
), counted AS (
    UPDATE users SET post_count = post_count - 1 WHERE id = $1 AND EXISTS (SELECT FROM done)
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT 'post_deleted', $1, done.id, nullif(seen.visibility, 0), $3 FROM done CROSS JOIN seen
    UNION ALL
    -- Who has it by a share receives the end of that, also if the author's account has become private since. The shares of a
    -- reassigned post end when they are removed.
    SELECT 'post_unshared', x.user_id, x.post_id, x.id, NULL FROM deleted JOIN shares x ON x.post_id = deleted.id CROSS JOIN seen
    WHERE seen.is_shareable
    UNION ALL
    SELECT 'post_mention_changed', m.user_id, done.id, $1, NULL FROM done JOIN post_mentions m ON m.post_id = done.id CROSS JOIN seen
    WHERE seen.visibility = 2
)
SELECT seen.author_id = $1, done.id IS NOT NULL FROM seen LEFT JOIN done ON true
