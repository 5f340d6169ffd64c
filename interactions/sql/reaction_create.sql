-- Creates reactions of one kind (feed/reactions.py). Arrays with one place for each: $1 actors, $2 posts or comments,
-- $3 clients' keys.
-- A row for each place with one that the actor can see and may react to: the place, the actor, the key, true, the post or comment with the
-- actor's reaction but the counts of before, whether this changed anything, by how much the count changed.
-- parameters: target, table, state, count, created, inserted, may
WITH requested AS MATERIALIZED (
    SELECT t.n, t.actor_id, t.key, true AS is_visible, {{target} viewer=t.actor_id{if state} {state}=true{end}}
    {{target}s_requested undoes=false table={table}{if may} may={may}{end}}
), changes AS (
    {{inserted} table={table} target={target}}
    ON CONFLICT DO NOTHING
    RETURNING user_id, {target}_id
), {reactions_done target={target}}
{if count}, {reactions_counted target={target} count={count} sign=+}{end}
{if created}, {{target}_reactions_logged kind={created}}{end}
SELECT done.*, (count(*) FILTER (WHERE changed) OVER (PARTITION BY id))::int FROM done
