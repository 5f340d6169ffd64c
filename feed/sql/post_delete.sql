-- Deletes the author's own post; likes, comments and shares go with it. $1 viewer, $2 post, $3 client's key.
-- One row for a post that the viewer can see: whether it is theirs, and whether it was there to delete.
WITH seen AS (
    SELECT p.id, p.author_id FROM posts p WHERE p.id = $2 AND {visible person=p.author_id}
), gone AS (
    DELETE FROM posts WHERE id = $2 AND author_id = $1 AND {not_deleted person=author_id} RETURNING id
), counted AS (
    UPDATE users SET post_count = post_count - 1 WHERE id = $1 AND EXISTS (SELECT FROM gone)
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, client_mutation_id) SELECT 'post_deleted', $1, id, $3 FROM gone
)
SELECT seen.author_id = $1, gone.id IS NOT NULL FROM seen LEFT JOIN gone ON true
