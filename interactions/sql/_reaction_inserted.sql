-- Inserts the reactions.
-- parameters: table, target
-- needs: requested (actor_id, id)
INSERT INTO {table} (user_id, {target}_id) SELECT actor_id, id FROM requested
