-- Ends the processing of pictures, which are locked. $1 media, $2 state, $3 failure, $4 width, $5 height, $6 placeholder.
WITH processed AS (
    UPDATE media SET state = $2, failure = $3, width = $4, height = $5, placeholder = $6
    WHERE id = ANY($1::bigint[]) AND state = 'PROCESSING'
    RETURNING id, post_id
), logged AS (
    INSERT INTO events (kind, actor_id, post_id)
    SELECT DISTINCT 'post_edited', p.author_id, p.id FROM processed m JOIN posts p ON p.id = m.post_id
)
SELECT id FROM processed
