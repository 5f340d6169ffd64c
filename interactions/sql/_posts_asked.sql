-- The posts to react to, locked, one for each place of the three arrays, with their authors. {undoes}: whether a reaction in
-- {table} is taken back.
-- parameters: table, undoes, actors=$1, posts=$2, keys=$3
asked AS MATERIALIZED (
    -- A post that the actor can't see counts only where the actor takes something of their own back: `undoes`, of `table`.
    SELECT t.n, t.actor_id, t.key, NOT {undoes} OR ({visible user_id=p.author_id viewer=t.actor_id}) AS is_visible,
        p.*, a.username, a.display_name, a.avatar_url
    FROM unnest({actors}::text::bigint[], {posts}::text::bigint[], {keys}::text[]) WITH ORDINALITY AS t(actor_id, post_id, key, n)
    JOIN users v ON v.id = t.actor_id AND {not_deleted user_id=v.id}
    JOIN posts p ON p.id = t.post_id
    JOIN users a ON a.id = p.author_id
    WHERE ({visible user_id=p.author_id viewer=t.actor_id})
    OR ({undoes} AND EXISTS (SELECT FROM {table} m WHERE m.user_id = t.actor_id AND m.post_id = t.post_id OFFSET 0))
    -- The posts are locked before anything else, by key, so that no two writers wait for each other.
    ORDER BY p.id, t.actor_id, t.n
    FOR NO KEY UPDATE OF p
)
