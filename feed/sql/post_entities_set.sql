-- Sets who is mentioned in posts, and their hashtags; a trigger counts these. The posts are locked already, or new; where
-- they have hashtags, these are locked too. $1 posts, of which some may not exist, $2 their entities, each as the text of an
-- array. Gives the number of mentions and hashtags.
WITH keys AS MATERIALIZED (
    SELECT DISTINCT t.post_id, e.key
    FROM unnest($1::text::bigint[], $2::text[]) AS t(post_id, entities)
    JOIN posts p ON p.id = t.post_id
    CROSS JOIN LATERAL unnest(t.entities::bigint[]) WITH ORDINALITY AS e(key, n)
    WHERE e.n % 3 = 0 AND e.key <> 0
), unmentioned AS (
    DELETE FROM post_mentions m USING unnest($1::text::bigint[]) AS t(post_id)
    WHERE m.post_id = t.post_id AND (m.post_id, m.user_id) NOT IN (SELECT post_id, key FROM keys)
    RETURNING m.post_id, m.user_id
), untagged AS (
    DELETE FROM post_hashtags h USING unnest($1::text::bigint[]) AS t(post_id)
    WHERE h.post_id = t.post_id AND (h.post_id, -h.hashtag_id) NOT IN (SELECT post_id, key FROM keys)
), mentioned AS (
    INSERT INTO post_mentions (post_id, user_id) SELECT post_id, key FROM keys WHERE key > 0 ORDER BY post_id, key
    ON CONFLICT DO NOTHING
    RETURNING post_id, user_id
), tagged AS (
    INSERT INTO post_hashtags (hashtag_id, post_id) SELECT -key, post_id FROM keys WHERE key < 0 ORDER BY key, post_id
    ON CONFLICT DO NOTHING
), logged AS (
    -- An edit that changes who may see the post.
    INSERT INTO events (kind, actor_id, post_id, subject_id)
    SELECT 'post_mention_changed', m.user_id, p.id, p.author_id
    FROM (SELECT * FROM unmentioned UNION ALL SELECT * FROM mentioned) m JOIN posts p ON p.id = m.post_id
    WHERE p.visibility = 2 AND p.edited_at IS NOT NULL
)
SELECT count(*) FROM keys
