-- Adds counts of new rows to those that the new rows refer to. Locks these, by key.
-- parameters: table, count
-- needs: counts (id, n)
locked AS MATERIALIZED (
    SELECT id FROM {table} WHERE id IN (SELECT id FROM counts) ORDER BY id FOR NO KEY UPDATE
), counted AS (
    UPDATE {table} o SET {count} = o.{count} + c.n
    FROM counts c JOIN locked USING (id) WHERE o.id = c.id
)
