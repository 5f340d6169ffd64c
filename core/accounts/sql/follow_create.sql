-- Follows a person whom the viewer can see. $1 viewer, $2 person, $3 client's key.
-- One row if there is such a person: whether that is new, then the person.
WITH seen AS (
    SELECT * FROM users u WHERE u.id = $2 AND {visible person=u.id}
), made AS (
    INSERT INTO follows (follower_id, followee_id) SELECT $1, id FROM seen ON CONFLICT DO NOTHING RETURNING id
), counted AS (
    UPDATE users SET follower_count = follower_count + (id = $2)::int, following_count = following_count + (id = $1)::int
    WHERE id = ANY(ARRAY[$1::bigint, $2::bigint]) AND EXISTS (SELECT FROM made)
), logged AS (
    INSERT INTO events (kind, actor_id, subject_id, client_mutation_id)
    SELECT 'user_followed', $1, $2, $3 WHERE EXISTS (SELECT FROM made)
)
SELECT EXISTS (SELECT FROM made), {user of=seen} FROM seen
