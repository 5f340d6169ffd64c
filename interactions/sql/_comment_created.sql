-- Counts a new comment on its post and logs it.
-- parameters: key, author=$1
-- needs: created (comments)
counted_by_post AS (
    UPDATE posts p SET comment_count = p.comment_count + 1 FROM created WHERE p.id = created.post_id
), logged AS (
    INSERT INTO events (kind, actor_id, post_id, subject_id, client_mutation_id)
    SELECT 'comment_created', {author}, post_id, id, {key} FROM created
)
