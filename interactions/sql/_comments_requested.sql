-- Comments to react to, locked, one for each place of the three arrays, with their authors: a SELECT from its FROM on.
-- {undoes}: whether a reaction in {table} is deleted.
-- parameters: table, undoes, actors=$1, comments=$2, keys=$3
FROM unnest({actors}::text::bigint[], {comments}::text::bigint[], {keys}::text[]) WITH ORDINALITY AS t(actor_id, comment_id, key, n)
    JOIN users v ON v.id = t.actor_id AND {not_deleted user_id=v.id}
    JOIN comments c ON c.id = t.comment_id
    JOIN posts p ON p.id = c.post_id
    JOIN users o ON o.id = p.author_id
    JOIN users a ON a.id = c.author_id
    -- A comment that the actor can't see counts only where the actor deletes a reaction of their own.
    WHERE ({post_visible viewer=t.actor_id author=o} AND {visible user_id=c.author_id viewer=t.actor_id})
    OR ({undoes} AND EXISTS (SELECT FROM {table} m WHERE m.user_id = t.actor_id AND m.comment_id = t.comment_id OFFSET 0))
    -- The comments are locked before anything else, in the order that all writes have (docs/locks.md).
    ORDER BY p.id, c.id, t.actor_id, t.n
    FOR NO KEY UPDATE OF c
