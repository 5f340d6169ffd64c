-- Deletes some reactions to posts or comments that are about to be deleted and are locked already. Of these, only shares have
-- events: who has a post by a share receives its removal.
-- $1 posts or comments, $2 limit. Gives the number of reactions.
-- parameters: target, table, count, erased
WITH picked AS (
    SELECT m.user_id, m.{target}_id FROM unnest($1::text::bigint[]) AS k(id)
    CROSS JOIN LATERAL (SELECT user_id, {target}_id FROM {table} WHERE {target}_id = k.id LIMIT $2) m
    LIMIT $2
), deleted AS (
    DELETE FROM {table} m USING picked WHERE m.user_id = picked.user_id AND m.{target}_id = picked.{target}_id
    RETURNING m.*
){if count}, counted AS (
    UPDATE {target}s o SET {count} = o.{count} - n.times
    FROM (SELECT {target}_id, count(*)::int AS times FROM deleted GROUP BY {target}_id) n WHERE o.id = n.{target}_id
){end}{if erased}, logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id)
    SELECT '{erased}', d.user_id, p.id, d.id
    FROM deleted d JOIN posts p ON p.id = d.post_id
    -- Its author's account may have become private since it was shared.
    WHERE p.visibility = 0
){end}
SELECT count(*) FROM deleted
