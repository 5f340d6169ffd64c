-- Posts to react to, locked, one for each place of the three arrays, with their authors: a SELECT from its FROM on.
-- {undoes}: whether a reaction in {table} is deleted. {may}: the fragment that says whether the actor may react.
-- parameters: table, undoes, may=post_visible, actors=$1, posts=$2, keys=$3
FROM unnest({actors}::text::bigint[], {posts}::text::bigint[], {keys}::text[]) WITH ORDINALITY AS t(actor_id, post_id, key, n)
    JOIN users v ON v.id = t.actor_id AND {not_deleted user_id=v.id}
    JOIN posts p ON p.id = t.post_id
    JOIN users a ON a.id = p.author_id
    -- A post that the actor can't see counts only where the actor deletes a reaction of their own.
    WHERE ({{may} viewer=t.actor_id})
    OR ({undoes} AND EXISTS (SELECT FROM {table} m WHERE m.user_id = t.actor_id AND m.post_id = t.post_id OFFSET 0))
    -- The posts are locked before anything else, by key, so that no two writers wait for each other.
    ORDER BY p.id, t.actor_id, t.n
    FOR NO KEY UPDATE OF p
