-- The events of posts between two positions of the event log, in order.
-- $1 posts, $2 kinds, $3 and $4 after, $5 and $6 until (transaction, id), $7 limit.
SELECT e.transaction, e.id, e.kind, e.actor_id, e.post_id, e.subject_id, e.client_mutation_id, e.created_at, e.parent_id
FROM unnest($1::bigint[]) AS watched(id)
CROSS JOIN LATERAL (
    SELECT * FROM events
    WHERE post_id = watched.id AND kind = ANY($2::text[])
    AND (transaction, id) > ($3, $4) AND (transaction, id) <= ($5, $6)
    ORDER BY transaction, id LIMIT $7
) e
ORDER BY e.transaction, e.id LIMIT $7
