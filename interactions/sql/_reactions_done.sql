-- Which places changed something (`done`): of those that ask for the same thing at once, the first one does.
-- parameters: target
-- needs: requested (n, actor_id, id), changes (user_id, {target}_id)
done AS MATERIALIZED (
    SELECT requested.*,
        (actor_id, id) IN (SELECT user_id, {target}_id FROM changes)
        AND n = min(n) OVER (PARTITION BY id, actor_id) AS changed
    FROM requested
)
