-- Ends the processing of pictures, which are locked. One row for each that is now that of a profile: its key and owner.
-- $1 media, $2 state, $3 failure, $4 width, $5 height, $6 placeholder.
WITH processed AS (
    UPDATE media SET state = $2::text, failure = $3, width = $4, height = $5, placeholder = $6,
        is_avatar = is_avatar AND $2::text = 'READY'
    WHERE id = ANY($1::bigint[]) AND state = 'PROCESSING'
    RETURNING id, post_id, owner_id, is_avatar
), logged AS (
    INSERT INTO events (kind, actor_id, post_id)
    SELECT DISTINCT 'post_edited', p.author_id, p.id FROM processed m JOIN posts p ON p.id = m.post_id
)
SELECT id, owner_id FROM processed WHERE is_avatar
