-- Deletes reactions of one kind (feed/reactions.py). Arrays with one place for each: $1 actors, $2 posts or comments,
-- $3 clients' keys.
-- A row for each place with one that the actor can see or reacts to: the place, the actor, the key, whether the actor can
-- see it, the post or comment without the actor's reaction but with the counts of before, whether this changed anything,
-- by how much the count changed.
-- parameters: target, table, state, count, deleted, deletion_logged
WITH requested AS MATERIALIZED (
    SELECT t.n, t.actor_id, t.key, {{target}_visible viewer=t.actor_id} AS is_visible,
        {{target} viewer=t.actor_id{if state} {state}=false{end}}
    {{target}s_requested undoes=true table={table}}
), changes AS (
    DELETE FROM {table} m USING requested WHERE m.user_id = requested.actor_id AND m.{target}_id = requested.id
    RETURNING m.*
), {reactions_done target={target}}
{if count}, {reactions_counted target={target} count={count} sign=-}{end}
{if deleted}, {{target}_{deletion_logged} kind={deleted}}{end}
SELECT done.*, (count(*) FILTER (WHERE changed) OVER (PARTITION BY id))::int FROM done
